"""ROSE (arXiv 2606.19965): one scene of look-alike cells, seven coupled tasks."""
