"""A judge model beside the matcher."""
