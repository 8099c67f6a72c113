"""Respondents that answer ROSE."""
