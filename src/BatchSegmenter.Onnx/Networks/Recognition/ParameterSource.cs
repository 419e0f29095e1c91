namespace BatchSegmenter.Onnx.Networks.Recognition;

/// <summary>Something that tells what keys and shapes can't: flags, a description file, a preset.</summary>
public sealed class ParameterSource
{
    private readonly NetworkParameters? _parameters;
    private readonly NetworkPreset? _preset;

    /// <summary>Flags or a description file, whose values must fit the checkpoint.</summary>
    /// <param name="name">What to call it, such as <c>flag</c> or the file's path.</param>
    /// <param name="parameters">Its values.</param>
    public ParameterSource(string name, NetworkParameters parameters) => (Name, _parameters) = (name, parameters);

    /// <summary>A preset, whose names of channels and classes give way where their number does not fit a retrained checkpoint.</summary>
    public ParameterSource(NetworkPreset preset) => (Name, _preset) = ($"preset {preset.Name}", preset);

    /// <summary>What origins and errors call it.</summary>
    public string Name { get; }

    /// <summary>Whether names that do not fit in number are left out with a remark instead of being an error.</summary>
    internal bool GivesWay => _preset is not null;

    /// <summary>The meanings of channels that there are to choose from by their number.</summary>
    internal IReadOnlyList<IReadOnlyList<ChannelMeaning>> Channels => _preset?.Channels ?? (_parameters?.Channels is { } channels ? [channels] : []);

    /// <exception cref="InvalidNetworkDescriptionException">A preset that is not for this family.</exception>
    internal NetworkParameters For(NetworkFamily family) => _parameters ?? _preset!.For(family);
}
