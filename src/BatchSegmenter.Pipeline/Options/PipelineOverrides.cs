using System.Text.Json;

namespace BatchSegmenter.Pipeline.Options;

/// <summary>What the command line puts in the place of the pipeline file's own values. Paths start at the working directory.</summary>
public sealed record PipelineOverrides
{
    /// <summary>Replaces the file's inputs; empty leaves them.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>Replaces the file's output folder; null leaves it.</summary>
    public string? Output { get; init; }

    /// <summary>Replaces the file's model; null leaves it.</summary>
    public string? Model { get; init; }

    /// <summary>
    /// Settings <c>a.b=value</c>, each of which replaces one key. The value is read as JSON (number, true, list …) and, where
    /// it is not JSON, as a string: <c>limits.cores=2</c>, <c>limits.memory=1GiB</c>, <c>classes.keep=[9]</c>.
    /// </summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Puts the values into the tree that was read from the file.</summary>
    internal void ApplyTo(PipelineValue root, PipelineReading reading)
    {
        foreach (string setting in Settings) Override(root, setting, reading);
        if (Inputs.Count > 0)
        {
            var inputs = new PipelineValue(JsonValueKind.Array, "", "--input", 0);
            inputs.Items.AddRange(Inputs.Select(input => new PipelineValue(JsonValueKind.String, input, "--input", 0)));
            root.Set("inputs", inputs);
        }

        if (Output is not null) root.Set("output", new(JsonValueKind.String, Output, "--output", 0));
        if (Model is not null) root.Set("model", new(JsonValueKind.String, Model, "--model", 0));
    }

    private static void Override(PipelineValue root, string setting, PipelineReading reading)
    {
        int equals = setting.IndexOf('=');
        string[] keys = setting[..Math.Max(equals, 0)].Split('.');
        if (equals <= 0 || keys.Any(string.IsNullOrWhiteSpace))
        {
            reading.Faults.Add($"--set {setting}: expected KEY=VALUE, for example limits.cores=2");
            return;
        }

        PipelineValue parent = root;
        foreach (string key in keys[..^1])
        {
            // A switched section (write.las: false) that is set inside becomes an object, which switches it on.
            if (parent[key] is not { Kind: JsonValueKind.Object }) parent.Set(key, new(JsonValueKind.Object, "", "--set", 0));
            parent = parent[key]!;
        }

        parent.Set(keys[^1], ParseSetting(setting[(equals + 1)..]));
    }

    private static PipelineValue ParseSetting(string text)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            return Convert(json.RootElement);
        }
        catch (JsonException)
        {
            return new(JsonValueKind.String, text, "--set", 0);
        }
    }

    private static PipelineValue Convert(JsonElement element)
    {
        var value = new PipelineValue(
            element.ValueKind, element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText(), "--set", 0);
        if (element.ValueKind == JsonValueKind.Array) value.Items.AddRange(element.EnumerateArray().Select(Convert));
        if (element.ValueKind == JsonValueKind.Object)
            foreach (JsonProperty property in element.EnumerateObject()) value.Set(property.Name, Convert(property.Value));
        return value;
    }
}
