"""How people answer when words speak for what a picture does not show."""
