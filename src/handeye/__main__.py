"""``python -m handeye``, and the command itself."""


def main() -> None:
    """Run the command line; Ctrl-C ends it also while it is still being imported."""
    try:
        from handeye.cli import main as command
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    command()


if __name__ == "__main__":
    main()
