"""What the files of a run are called."""

CHECKPOINT, HISTORY, METRICS, SETTINGS = "checkpoint.weights.h5", "history.csv", "metrics.jsonl", "settings.json"
BEST, INIT = "best.weights.h5", "init.json"
NEAREST = "nearest.png"
REPORT, SAVED_MODEL = "report.html", "saved_model"
