"""Parameters that leave no term of the arithmetic without effect, in a network whose scores still tell points apart."""

import numpy
import torch
from torch import nn


def randomize(network, random, *calibration):
    """
    Gaussian weights, biases that are not zero, and norms whose scales (some of them negative), shifts, means and variances all matter.
    Drawn with numpy's frozen generator and measured in double precision, so that every version of PyTorch on every processor makes the
    same network. Neighbourhoods come out the same in double precision, since the made-up clouds' distances are exact.
    """
    network.double()
    calibration = [values.double() for values in calibration]
    draw_parameters(network, random)
    with torch.no_grad():
        calibrate_norms(network, random, calibration)
        centre_scores(network, random, calibration)
    network.float()


def draw_parameters(network, random):
    for name, value in network.state_dict().items():
        shape = tuple(value.shape)
        if name.endswith(".bias"):
            value.copy_(torch.as_tensor(random.normal(0, 0.2, shape)))
        elif name.endswith(".weight") and len(shape) == 1:
            signs = numpy.where(random.uniform(size=shape) < 0.1, -1, 1)
            value.copy_(torch.as_tensor(signs * random.uniform(0.6, 1.6, shape)))
        elif name.endswith(".weight"):
            value.copy_(torch.as_tensor(random.normal(0, (2 / shape[1]) ** 0.5, shape)))


def calibrate_norms(network, random, calibration):
    """Statistics of the calibration inputs, shaken. Without them activations grow from layer to layer until one class wins everywhere."""
    norms = [module for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.momentum = None
        norm.reset_running_stats()
    network.train()
    network(*calibration)
    network.eval()
    for norm in norms:
        norm.momentum = 0.1
        deviation = norm.running_var.sqrt()
        norm.running_mean += deviation * torch.as_tensor(random.normal(0, 0.1, deviation.shape))
        norm.running_var *= torch.as_tensor(random.uniform(0.7, 1.4, deviation.shape))
        # Else a channel that hardly moves, or moves little beside its mean, would amplify roundings to the size of scores.
        norm.running_var += 0.1 * norm.running_var.mean() + 0.5 * norm.running_mean ** 2
        norm.num_batches_tracked.fill_(random.randint(1000, 2000))


def centre_scores(network, random, calibration):
    """Scores of a spread near one round nearly the same mean, so that no class wins everywhere."""
    last = [module for module in network.modules() if isinstance(module, (nn.Conv1d, nn.Linear))][-1]
    scores = network(*calibration).flatten(0, -2)
    factor = 0.7 / scores.std(0).mean()
    last.weight *= factor
    last.bias.copy_((last.bias - scores.mean(0)) * factor + torch.as_tensor(random.normal(0, 0.2, last.bias.shape)))
