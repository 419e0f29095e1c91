using System.Reflection;

namespace BatchSegmenter.Onnx.Networks.Recognition;

/// <summary>
/// What is known of networks that were trained on a public data set the way their authors did. The values come from the resource of that
/// name; the numbers of channels and classes always come from the checkpoint.
/// </summary>
public sealed class NetworkPreset
{
    private const string Resources = "presets/";

    private readonly PresetContent _content;

    private NetworkPreset(string name, PresetContent content) => (Name, _content) = (name, content);

    /// <summary>All presets, by name.</summary>
    public static IReadOnlyList<NetworkPreset> All { get; } =
    [
        .. typeof(NetworkPreset).Assembly.GetManifestResourceNames()
            .Where(resource => resource.StartsWith(Resources, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(resource => Read(resource[Resources.Length..], resource)),
    ];

    /// <summary>What a user calls it.</summary>
    public string Name { get; }

    /// <summary>What it is for, a sentence.</summary>
    public string About => _content.About;

    /// <summary>The preset of this name; null where there is none.</summary>
    public static NetworkPreset? Find(string name) => All.FirstOrDefault(preset => preset.Name == name);

    /// <summary>The meanings of the channels, one list for each number of channels that networks of the data set are trained with.</summary>
    internal IReadOnlyList<IReadOnlyList<ChannelMeaning>> Channels => _content.Channels;

    internal bool Serves(NetworkFamily family) => _content.Families.ContainsKey(family.Id);

    /// <exception cref="InvalidNetworkDescriptionException">It is not for this family; names those that are.</exception>
    internal NetworkParameters For(NetworkFamily family)
    {
        if (_content.Families.TryGetValue(family.Id, out NetworkParameters? own)) return own.Merge(_content.Common);
        string[] others = [.. All.Where(preset => preset.Serves(family)).Select(preset => preset.Name)];
        string served = string.Join(", ", NetworkFamily.All.Where(Serves).Select(one => one.Name));
        throw new InvalidNetworkDescriptionException(
            $"preset {Name}", $"it serves {served}; the checkpoint is a {family.Name}, for which there {(others.Length > 0 ? $"is {string.Join(", ", others)}" : "is no preset")}");
    }

    private static NetworkPreset Read(string name, string resource)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;
        using StreamReader reader = new(stream);
        PresetContent content = NetworkParameters.Deserialize<PresetContent>(reader.ReadToEnd(), $"preset {name}");
        content.Common.Validate($"preset {name}");
        foreach (IReadOnlyList<ChannelMeaning> channels in content.Channels) new NetworkParameters { Channels = channels }.Validate($"preset {name}");
        foreach (NetworkParameters parameters in content.Families.Values) parameters.Validate($"preset {name}");
        return new NetworkPreset(name, content);
    }

    /// <param name="About">What it is for.</param>
    /// <param name="Channels">Meanings of the channels, one list per number of them.</param>
    /// <param name="Common">Values for all its families.</param>
    /// <param name="Families">Values by <see cref="NetworkFamily.Id"/>, stronger than <paramref name="Common"/>.</param>
    private sealed record PresetContent(
        string About, IReadOnlyList<IReadOnlyList<ChannelMeaning>> Channels, NetworkParameters Common, Dictionary<string, NetworkParameters> Families);
}
