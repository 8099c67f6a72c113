"""What ``handeye train premise`` teaches: clips as one tile, wording, recipes, examination."""
