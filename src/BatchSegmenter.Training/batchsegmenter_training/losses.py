"""What the network is trained to lower."""

import torch
import torch.nn.functional as F


class ClassCounts:
    """Running label counts and the class weights that follow from them: frequency^-0.5, 1 for the most frequent, at most 5."""

    def __init__(self, classes, cap=5.0):
        self._counts = torch.zeros(classes, dtype=torch.float64)
        self._cap = cap

    def add(self, targets):
        """Counts the targets of a batch; -1 is not counted."""
        self._counts += torch.bincount(targets[targets >= 0], minlength=len(self._counts))

    def weights(self):
        """A weight per class; classes never seen so far have the cap."""
        relative = self._counts.max().clamp(min=1) / self._counts.clamp(min=1e-9)
        return relative.sqrt().clamp(max=self._cap).float()


def cross_entropy(scores, targets, class_weights, smoothing, point_weights=None):
    """The weighted mean over points with a target (not -1); zero where there is none."""
    losses = F.cross_entropy(
        scores, targets, weight=class_weights, ignore_index=-1, reduction="none", label_smoothing=smoothing)
    shares = class_weights[targets.clamp(min=0)] * (targets >= 0)
    if point_weights is not None:
        losses, shares = losses * point_weights, shares * point_weights
    return losses.sum() / shares.sum().clamp(min=1e-9)


def lovasz_softmax(scores, targets):
    """The Lovász extension of the mean Jaccard loss over the classes that occur among the targets; -1 is left out."""
    known = targets >= 0
    targets = targets[known]
    if len(targets) == 0:
        return scores.sum() * 0.0
    probabilities = scores[known].softmax(1)
    truth = F.one_hot(targets, scores.shape[1]).to(probabilities.dtype)
    errors, order = (truth - probabilities).abs().sort(0, descending=True)
    truth = truth.gather(0, order)
    total = truth.sum(0)
    intersection = total - truth.cumsum(0)
    union = total + (1 - truth).cumsum(0)
    jaccard = 1 - intersection / union
    jaccard[1:] -= jaccard[:-1].clone()
    return (errors * jaccard).sum(0)[total > 0].mean()
