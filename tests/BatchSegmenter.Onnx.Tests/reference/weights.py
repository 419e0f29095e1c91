"""Parameters that leave no term of the arithmetic without effect, in a network whose scores still tell points apart."""

import numpy
import torch
from torch import nn


def randomize(network, random, *calibration):
    """
    Gaussian weights, biases that are not zero, and norms whose scales (some of them negative), shifts, means and variances all matter.
    The norms' statistics are those of the calibration inputs, shaken: without that, activations grow from layer to layer until a
    single class wins everywhere. Drawn with numpy's frozen generator, so that every version of PyTorch makes the same network.
    """
    for name, value in network.state_dict().items():
        shape = tuple(value.shape)
        if name.endswith(".bias"):
            value.copy_(torch.as_tensor(random.normal(0, 0.2, shape)))
        elif name.endswith(".weight") and len(shape) == 1:
            signs = numpy.where(random.uniform(size=shape) < 0.1, -1, 1)
            value.copy_(torch.as_tensor(signs * random.uniform(0.6, 1.6, shape)))
        elif name.endswith(".weight"):
            value.copy_(torch.as_tensor(random.normal(0, (2 / shape[1]) ** 0.5, shape)))

    norms = [module for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.momentum = None
        norm.reset_running_stats()
    network.train()
    with torch.no_grad():
        network(*calibration)
    network.eval()
    for norm in norms:
        norm.momentum = 0.1
        deviation = norm.running_var.sqrt()
        norm.running_mean += deviation * torch.as_tensor(random.normal(0, 0.1, deviation.shape), dtype=torch.float32)
        norm.running_var *= torch.as_tensor(random.uniform(0.7, 1.4, deviation.shape), dtype=torch.float32)
        norm.running_var += 0.1 * norm.running_var.mean()  # else a channel that hardly moved would amplify what it never saw
        norm.num_batches_tracked.fill_(random.randint(1000, 2000))
