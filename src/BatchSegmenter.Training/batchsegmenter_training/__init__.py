"""The network and the training loop of BatchSegmenter; everything about points comes in through the stream."""
