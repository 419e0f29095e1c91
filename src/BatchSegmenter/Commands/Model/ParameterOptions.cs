using System.CommandLine;
using System.Globalization;
using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Commands.Model;

/// <summary>The options that tell what a checkpoint's keys and shapes can't.</summary>
internal sealed class ParameterOptions
{
    private readonly Option<string?> _preset = new("--preset")
    {
        Description = $"What is known of networks that were trained on a public data set: {string.Join(", ", NetworkPreset.All.Select(preset => preset.Name))}.", HelpName = "NAME",
    };

    private readonly Option<string?> _description = new("--description")
    {
        Description = "A JSON file that tells radii, sample counts, neighbours, channels, classes …; stronger than the preset.", HelpName = "FILE",
    };

    private readonly Option<string?> _samples = new("--samples") { Description = "Points sampled per level, such as 1024,256,64,16.", HelpName = "N,…" };
    private readonly Option<string?> _radii = new("--radii") { Description = "Radii per level, those of a level's scales joined by +, such as 0.05+0.1,0.1+0.2.", HelpName = "R[+R],…" };
    private readonly Option<string?> _neighbors = new("--neighbors") { Description = "Neighbours per level and scale, likewise.", HelpName = "K[+K],…" };
    private readonly Option<string?> _classes = new("--classes") { Description = "Names of the classes, in the order of the scores.", HelpName = "NAME,…" };
    private readonly Option<string?> _channels = new("--channels") { Description = "Names of the channels of a point, positions first, such as x,y,z,red,green,blue.", HelpName = "NAME,…" };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_preset, _description, _samples, _radii, _neighbors, _classes, _channels]) command.Add(option);
    }

    /// <summary>The sources that were given, strongest first.</summary>
    /// <exception cref="FormatException">A preset is unknown, or a list is none.</exception>
    public IReadOnlyList<ParameterSource> Sources(ParseResult parsed)
    {
        List<ParameterSource> sources = [];
        NetworkParameters flags = new()
        {
            Samples = List(parsed, _samples, Integer),
            Radii = List(parsed, _radii, text => Scales(text, _radii, Number)),
            Neighbors = List(parsed, _neighbors, text => Scales(text, _neighbors, Integer)),
            Classes = List(parsed, _classes, (text, _) => new ClassMeaning(text)),
            Channels = List(parsed, _channels, (text, _) => new ChannelMeaning(text)),
        };
        if (flags != new NetworkParameters()) sources.Add(new ParameterSource("flag", flags));
        if (parsed.GetValue(_description) is string file) sources.Add(new ParameterSource(file, NetworkParameters.Parse(File.ReadAllText(file), file)));
        if (parsed.GetValue(_preset) is string name)
            sources.Add(new ParameterSource(NetworkPreset.Find(name)
                ?? throw new FormatException($"--preset {name}: unknown; there are {string.Join(", ", NetworkPreset.All.Select(preset => preset.Name))}")));
        return sources;
    }

    private static IReadOnlyList<T>? List<T>(ParseResult parsed, Option<string?> option, Func<string, T> read) => List(parsed, option, (text, _) => read(text));

    private static IReadOnlyList<T>? List<T>(ParseResult parsed, Option<string?> option, Func<string, Option, T> read) =>
        parsed.GetValue(option) is string text ? [.. text.Split(',', StringSplitOptions.TrimEntries).Select(part => read(part, option))] : null;

    private static IReadOnlyList<T> Scales<T>(string text, Option option, Func<string, Option, T> read) => [.. text.Split('+', StringSplitOptions.TrimEntries).Select(part => read(part, option))];

    private static int Integer(string text, Option option) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : throw new FormatException($"{option.Name}: \"{text}\" is not a whole number");

    private static float Number(string text, Option option) =>
        float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) ? value : throw new FormatException($"{option.Name}: \"{text}\" is not a number");
}
