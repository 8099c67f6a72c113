"""How people answer items of ROSE."""
