"""The training loop: reads blocks, steps, validates, and keeps the best weights on disk."""

import copy
import json
import shlex
import sys

import numpy as np
import torch

from . import checkpoints, losses
from .blocks import Batch, Block
from .metrics import Confusions
from .networks import PointNet2
from .schedule import Schedule
from .stream import Prefetch, Producer, StreamError, read_frames


def fit(options):
    """Trains as the options say (see `__main__`); returns the validation summary of the weights that were kept."""
    torch.set_num_threads(options.threads)
    producer = Producer(options.blocks) if options.blocks else None
    source = producer.file if producer else open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
    blocks = None
    try:
        frames = read_frames(source)
        header = next(frames, ({"kind": "end of stream"}, None))[0]
        if header["kind"] != "header" or "architecture" not in header:
            raise StreamError(f"the first frame is '{header['kind']}'; a 'header' with an 'architecture' was expected")
        architecture = json.loads(header["architecture"])
        blocks = Prefetch(_prepared(frames, architecture), options.queue)
        trainer = Trainer(options, header, architecture)
        if not trainer.run(blocks) and producer:
            producer.check()
        return trainer.best
    finally:
        idle = blocks is None or blocks.close()
        if producer and idle:
            producer.close()
        elif producer:
            producer.end()


def _prepared(frames, architecture):
    """(metadata, Block or None) per frame; the checks and sorts of a block are done here, in the reader's thread."""
    for metadata, tensors in frames:
        kind, split, source = (metadata.get(key, "") for key in ("kind", "split", "file"))
        if kind == "block":
            if split != "golden" and "targets" not in tensors:
                raise StreamError(f"a {split} block of '{source}' has no 'targets'")
            yield metadata, Block(tensors, architecture, source, transpose=split == "train")
        elif kind == "end":
            yield metadata, None
        else:
            raise StreamError(f"a frame of kind '{kind}' came where 'block' or 'end' was expected")


class Trainer:
    """One run: network, averaged weights, optimiser, validation blocks and what was best so far."""

    def __init__(self, options, header, architecture):
        self.options, self.header, self.architecture = options, header, architecture
        self.seed = options.seed if options.seed is not None else int(header.get("seed", 0))
        torch.manual_seed(self.seed)
        self.network = PointNet2(architecture, options.momentum)
        if options.init:
            checkpoints.restore(options.init, self.network)
        self.average = copy.deepcopy(self.network)
        self.counts = losses.ClassCounts(architecture["classes"])
        matrices = [p for p in self.network.parameters() if p.dim() > 1]
        others = [p for p in self.network.parameters() if p.dim() < 2]
        self.optimizer = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": options.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=options.rate, foreach=True)
        self.schedule = Schedule(options.rate, options.steps, options.minutes)
        self.validation, self.golden = [], []
        self.best, self.best_score, self.since_best = None, -1.0, 0
        self.step, self.epoch, self.validated_step, self.history = 0, 0, -1, []
        self._restart_figures()
        self._say(f"{self.network.parameter_count()} parameters, seed {self.seed}, {options.threads} threads")

    def run(self, blocks):
        """Trains until the budget or the patience is used up (True) or the stream ends (False)."""
        waiting, ended = [], False
        for metadata, block in blocks:
            split = metadata.get("split")
            if block is None:
                if split == "train":
                    self.epoch = int(metadata.get("epoch", self.epoch)) + 1
                    if self.options.validate_every == 0:
                        self._validate()
                elif split == "validation":
                    self._say(f"{len(self.validation)} validation blocks of {len({b.source for b in self.validation})} files")
            elif split == "train":
                waiting.append(block)
                if len(waiting) == self.options.batch:
                    self._train(Batch(waiting, self.architecture))
                    waiting = []
                    if self.options.validate_every and self.step % self.options.validate_every == 0:
                        self._validate()
            elif split in ("validation", "golden"):
                (self.validation if split == "validation" else self.golden).append(block)
            else:
                raise StreamError(f"split '{split}' is unknown; train, validation or golden was expected")
            patience = self.options.patience
            ended = self.schedule.fraction(self.step) >= 1 or (patience > 0 and self.since_best >= patience)
            if ended:
                break
        if not ended:
            self._say(
                f"the stream ended at {self.schedule.fraction(self.step):.0%} of the budget: the learning rate did not come down")
        if self.step == 0:
            raise StreamError("the budget or the stream ended before the first step: no weights were written")
        if self.validated_step < self.step:
            self._validate()
        return ended

    def _train(self, batch):
        options = self.options
        rate = self.schedule.rate(self.schedule.fraction(self.step))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.counts.add(batch.targets)
        self.network.train()
        scores = self.network(batch)
        loss = losses.cross_entropy(
            scores, batch.targets, self.counts.weights(), options.smoothing, batch.point_weights)
        if options.lovasz:
            loss = loss + options.lovasz * losses.lovasz_softmax(scores, batch.targets)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        value = float(loss.detach())
        if not np.isfinite(value):
            raise FloatingPointError(
                f"the loss is {value} at step {self.step}, blocks of {sorted(set(batch.sources))}; "
                "look for values that are not finite in their features, or lower --rate")
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), options.clip)
        self.optimizer.step()
        self.step += 1
        self._move_average()
        known = batch.targets >= 0
        self.hits += int((scores.detach().argmax(1) == batch.targets)[known].sum())
        self.seen += int(known.sum())
        self.loss_sum += value
        self.loss_steps += 1
        self.last_rate = rate

    def _move_average(self):
        """The averaged weights follow, faster at first than --average says, so that the start is forgotten."""
        decay = min(self.options.average, (1 + self.step) / (10 + self.step))
        target, source = self.average.state_dict(), self.network.state_dict()
        torch._foreach_mul_(list(target.values()), decay)
        torch._foreach_add_(list(target.values()), list(source.values()), alpha=1 - decay)

    def _validate(self):
        """Measures the averaged weights (with --compare the plain ones too), logs, and saves what is better than before."""
        if self.step == self.validated_step:
            return
        self.validated_step = self.step
        begin = self.schedule.seconds
        candidates = [("average", self.average)] + ([("plain", self.network)] if self.options.compare else [])
        results = [(self._measure(network), weights, network) for weights, network in candidates]
        summary, weights, network = max(results, key=lambda result: self._score(result[0]))
        took = self.schedule.seconds - begin
        self.schedule.reserve = max(self.schedule.reserve, took)
        score, better = self._score(summary), False
        if not self.validation or score > self.best_score:
            better, self.best_score, self.since_best = True, score, 0
        else:
            self.since_best += 1
        record = {
            "epoch": self.epoch, "step": self.step, "seconds": round(self.schedule.seconds, 1), "rate": self.last_rate,
            "loss": self.loss_sum / max(1, self.loss_steps), "trainAccuracy": self.hits / max(1, self.seen),
            "weights": weights, "best": better, "validationSeconds": round(took, 1), "validation": summary}
        self._log(record)
        self._restart_figures()
        if better:
            self.best = summary
            self._save(self.options.out, network, record)
        if self.options.last:
            self._save(self.options.last, network, record)

    def _measure(self, network):
        network.eval()
        confusions = Confusions(self.architecture["classes"], self.options.score_classes)
        for first in range(0, len(self.validation), self.options.batch):
            batch = Batch(self.validation[first:first + self.options.batch], self.architecture)
            with torch.no_grad():
                predictions = network(batch).argmax(1)
            sizes = batch.sizes
            for source, truth, found in zip(batch.sources, batch.targets.split(sizes), predictions.split(sizes)):
                confusions.add(source, truth, found)
        return confusions.summary()

    @staticmethod
    def _score(summary):
        return summary["meanOverFiles"] if summary["meanOverFiles"] is not None else 0.0

    def _save(self, path, network, record):
        recipe = {
            "command": shlex.join(["batchsegmenter_training", *self.options.arguments]), "blocks": self.options.blocks,
            "seed": self.seed, "train": json.loads(self.header.get("train", "[]")),
            "validation": json.loads(self.header.get("validation", "[]")), "seconds": round(self.schedule.seconds, 1),
            "epochs": self.epoch, "steps": self.step, "torch": torch.__version__}
        if self.golden:
            checkpoints.save_golden(path, network, self.architecture, self.golden)
        checkpoints.save(
            path, network.state_dict(), self.architecture, json.loads(self.header.get("bundle", "{}")),
            recipe, {"best": record, "history": self.history})

    def _log(self, record):
        short = {key: value for key, value in record.items() if key != "validation"}
        short.update({key: record["validation"].get(key) for key in ("accuracy", "meanIoU", "meanOverFiles", "iou")})
        self.history.append(short)
        if self.options.log:
            with open(self.options.log, "a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
        text = f"epoch {self.epoch} step {self.step} {record['seconds']:.0f} s  loss {record['loss']:.4f}" \
            f"  train {record['trainAccuracy']:.4f}"
        if self.validation:
            iou = " ".join("-" if value is None else f"{value:.3f}" for value in short["iou"])
            text += f"  validation {short['accuracy']:.4f}  IoU {iou}  mean over files {self._score(record['validation']):.4f}"
            text += f" ({record['validationSeconds']} s)" + ("  best" if record["best"] else "")
        self._say(text)

    def _restart_figures(self):
        self.hits, self.seen, self.loss_sum, self.loss_steps, self.last_rate = 0, 0, 0.0, 0, 0.0

    @staticmethod
    def _say(text):
        print(text, file=sys.stderr, flush=True)
