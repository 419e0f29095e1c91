"""The command line: python3 -m batchsegmenter_training fit --out model.safetensors --minutes 60 < blocks"""

import argparse
import sys

from .environment import restart_with_settings


def parser():
    """The options; their defaults are the recipe that is advised."""
    root = argparse.ArgumentParser(prog="batchsegmenter_training", description=__doc__)
    commands = root.add_subparsers(dest="command", required=True)
    fit = commands.add_parser(
        "fit", help="train or fine-tune a network", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    fit.add_argument("--out", required=True, metavar="FILE", help="checkpoint (.safetensors), rewritten whenever validation is better")
    fit.add_argument("--last", metavar="FILE", help="another checkpoint, of the newest weights; the final ones, whose learning rate "
                     "came down to 0, are the better choice where validation files are few")
    fit.add_argument("--blocks", metavar="COMMAND", help="command that writes the stream; standard input is read without it")
    fit.add_argument("--init", metavar="FILE", help="checkpoint to go on from (fine-tuning)")
    fit.add_argument("--log", metavar="FILE", help="a JSON line per validation is added to this file")
    budget = fit.add_mutually_exclusive_group(required=True)
    budget.add_argument("--steps", type=_positive(int), help="budget in steps")
    budget.add_argument("--minutes", type=_positive(float), help="budget in minutes; the learning rate follows the clock")
    fit.add_argument("--batch", type=_positive(int), default=4, help="blocks per step")
    fit.add_argument("--rate", type=_positive(float), default=2e-3, help="highest learning rate")
    fit.add_argument("--weight-decay", type=float, default=1e-4, help="of the weight matrices")
    fit.add_argument("--smoothing", type=float, default=0.1, help="label smoothing")
    fit.add_argument("--lovasz", type=float, nargs="?", const=0.5, default=0.0, help="weight of the Lovász-softmax term")
    fit.add_argument("--clip", type=_positive(float), default=5.0, help="largest norm of the gradient")
    fit.add_argument("--momentum", type=_positive(float), default=0.1, help="of the running statistics of the norms")
    fit.add_argument("--average", type=float, default=0.999, help="decay of the averaged weights; 0: the plain ones")
    fit.add_argument("--compare", action="store_true", help="validate the plain weights too and keep the better")
    fit.add_argument("--validate-every", type=int, default=0, help="steps between validations; 0: after each epoch")
    fit.add_argument("--patience", type=int, default=0, help="validations without a better one before the end; 0: off")
    fit.add_argument("--score-classes", type=_ids, metavar="I,J", help="class ids whose mean IoU chooses the best (all)")
    fit.add_argument("--seed", type=int, help="of initial weights and dropout; the stream's own by default")
    fit.add_argument("--threads", type=_positive(int), default=2, help="threads of the tensor operations")
    fit.add_argument("--queue", type=_positive(int), default=32, help="blocks read ahead")
    golden = commands.add_parser("golden", help="score golden blocks with a checkpoint that is there already")
    golden.add_argument("checkpoint", metavar="CHECKPOINT", help="the .safetensors file; NAME.golden.safetensors is written beside it")
    golden.add_argument("--blocks", metavar="COMMAND", help="command that writes the stream; standard input is read without it")
    return root


def main(arguments=None):
    """Runs the command; returns the exit code (0 done, 1 failed, 2 usage, 130 interrupted)."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parser().parse_args(arguments)
    options.arguments = arguments
    restart_with_settings(arguments)
    try:
        if options.command == "golden":
            from .golden import golden  # after the restart: importing torch twice would cost seconds
            golden(options)
        else:
            from .fit import fit
            fit(options)
    except KeyboardInterrupt:
        print("interrupted; the best weights so far are kept", file=sys.stderr)
        return 130
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _positive(kind):
    def convert(text):
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return value
    convert.__name__ = kind.__name__
    return convert


def _ids(text):
    return [int(part) for part in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
