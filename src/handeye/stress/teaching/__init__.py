"""What ``handeye train stress`` teaches: scenes, words that may be wrong, recipes, examination."""
