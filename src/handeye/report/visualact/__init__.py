"""The report of VisualActBench runs; :func:`handeye.report.write_report` comes here by itself."""
