"""Accuracy and intersection over union, per file and over all."""

import torch


class Confusions:
    """Counts of (truth, prediction) per file; points without a target (-1) are left out."""

    def __init__(self, classes, scored=None):
        self._classes = classes
        self._scored = list(range(classes)) if scored is None else list(scored)
        self._files = {}

    def add(self, source, targets, predictions):
        known = targets >= 0
        cells = targets[known] * self._classes + predictions[known]
        counts = torch.bincount(cells, minlength=self._classes ** 2).view(self._classes, self._classes)
        self._files[source] = self._files.get(source, 0) + counts

    def summary(self):
        """Figures over all points and per file. A file's mean IoU is over the scored classes that its truth has."""
        files = {source: self._figures(counts) for source, counts in sorted(self._files.items())}
        means = [figures["meanIoU"] for figures in files.values() if figures["meanIoU"] is not None]
        overall = self._figures(sum(self._files.values())) if self._files else {}
        return {**overall, "meanOverFiles": sum(means) / len(means) if means else None, "files": files}

    def _figures(self, counts):
        hit = counts.diagonal().double()
        truth, predicted = counts.sum(1).double(), counts.sum(0).double()
        union = truth + predicted - hit
        total = float(counts.sum())
        iou = [round(float(hit[c] / union[c]), 4) if union[c] > 0 else None for c in range(self._classes)]
        scored = [float(hit[c] / union[c]) for c in self._scored if truth[c] > 0]
        return {
            "points": int(total),
            "accuracy": round(float(hit.sum()) / total, 4) if total else None,
            "iou": iou,
            "meanIoU": sum(scored) / len(scored) if scored else None}
