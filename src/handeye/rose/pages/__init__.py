"""The pages about runs of ROSE."""
