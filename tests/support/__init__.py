"""What tests share: made-up data, servers, browsers; imported as ``tests.support``."""
