"""Why a clip is worth a look: one reason for each, counted over a run."""
