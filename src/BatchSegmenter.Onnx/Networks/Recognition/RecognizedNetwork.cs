namespace BatchSegmenter.Onnx.Networks.Recognition;

/// <summary>Where a value of a network came from.</summary>
/// <param name="What">The value's name, as a description file calls it where it can stand there.</param>
/// <param name="Value">The value, for people.</param>
/// <param name="From"><c>shapes</c>, <c>family</c>, or the name of the <see cref="ParameterSource"/>.</param>
public sealed record ValueOrigin(string What, string Value, string From)
{
    /// <summary>Told by the shapes of the checkpoint's tensors.</summary>
    public const string Shapes = "shapes";

    /// <summary>How all networks of the family are defined.</summary>
    public const string Family = "family";
}

/// <summary>A network that was recognised from its checkpoint's keys and shapes.</summary>
public sealed record RecognizedNetwork
{
    /// <summary>What it is, for people, such as <c>PointNet++ semantic segmentation, one scale per level</c>.</summary>
    public required string Family { get; init; }

    /// <summary>The architecture; valid.</summary>
    public required NetworkDescription Description { get; init; }

    /// <summary>Where the checkpoint keeps each layer, by canonical name. Every tensor but those of <see cref="Unused"/> belongs to one of them.</summary>
    public required IReadOnlyDictionary<string, LayerTensors> Layers { get; init; }

    /// <summary>Whether the scores are logarithms of probabilities; else they are raw.</summary>
    public required bool LogSoftmax { get; init; }

    /// <summary>The meaning of the raw points' channels, as many as <see cref="NetworkDescription.PointChannels"/>; null where nothing told it.</summary>
    public IReadOnlyList<ChannelMeaning>? Channels { get; init; }

    /// <summary>The classes, in the order of the scores, as many as <see cref="NetworkDescription.Classes"/>; null where nothing told them.</summary>
    public IReadOnlyList<ClassMeaning>? Classes { get; init; }

    /// <summary>The names of the object categories, as many as <see cref="NetworkDescription.Categories"/>; null where nothing told them.</summary>
    public IReadOnlyList<string>? Categories { get; init; }

    /// <summary>The points of a block that the network was trained on; null where nothing told it.</summary>
    public int? BlockPoints { get; init; }

    /// <summary>The horizontal edge of a block that the network was trained on, in units of its positions; null where nothing told it.</summary>
    public double? BlockEdge { get; init; }

    /// <summary>The edge of the voxels of which one point each was trained on, in units of the positions; null where nothing told it.</summary>
    public double? VoxelEdge { get; init; }

    /// <summary>What was taken from where, in the order in which it was asked for.</summary>
    public required IReadOnlyList<ValueOrigin> Origins { get; init; }

    /// <summary>What people should know about what was not taken, a sentence each.</summary>
    public required IReadOnlyList<string> Remarks { get; init; }

    /// <summary>Tensors that inference has no use for: the counts of batches that PyTorch's norms keep.</summary>
    public required IReadOnlyList<string> Unused { get; init; }
}
