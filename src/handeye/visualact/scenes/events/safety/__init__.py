"""Safety and Monitoring: what a fixed camera watches."""
