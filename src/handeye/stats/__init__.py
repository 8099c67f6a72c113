"""Statistics shared by the suites: bootstrap over clusters, intervals."""
