"""Who answers as ``handeye/NAME``, and what they are to Inspect."""
