"""What ``handeye train`` teaches about ROSE: scenes, art, wording, recipes, examination."""
