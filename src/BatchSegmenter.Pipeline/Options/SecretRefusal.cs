using System.Text;
using System.Text.Json;

namespace BatchSegmenter.Pipeline.Options;

/// <summary>Refuses pipeline files and settings with a secret in them: files are copied, kept in version control and mailed.</summary>
internal static class SecretRefusal
{
    private const string Advice = "found a secret (not shown); secrets come from the environment or a managed identity, take it out and replace it where it was valid";

    /// <summary>Throws before anything else is said of the file, so that no other message can quote the secret.</summary>
    /// <param name="root">The tree, the command line's overrides included.</param>
    /// <param name="file">The file's bytes: comments are no part of the tree.</param>
    /// <param name="name">The file as the user named it.</param>
    /// <exception cref="ConfigurationException">There are secrets; the message names their keys, never their values.</exception>
    public static void Check(PipelineValue root, byte[] file, string name)
    {
        var reading = new PipelineReading(name, "");
        Look(root, "", reading);
        if (reading.Faults.Count == 0)
        {
            string[] lines = Encoding.UTF8.GetString(file).Split('\n');
            for (int i = 0; i < lines.Length; i++)
                if (Redaction.Finds(lines[i])) reading.Faults.Add($"{name}: line {i + 1}: {Advice}");
        }

        if (reading.Faults.Count > 0) throw new ConfigurationException([.. reading.Faults.Distinct()]);
    }

    private static void Look(PipelineValue value, string path, PipelineReading reading)
    {
        if (value.Kind == JsonValueKind.String && Redaction.Finds(value.Text)) reading.Fault(value, path, Advice);
        foreach (PipelineValue item in value.Items) Look(item, path, reading);
        foreach ((string key, PipelineValue member) in value.Members)
        {
            string inner = path.Length == 0 ? key : $"{path}.{key}";
            bool holdsText = member.Kind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.Array;
            if (holdsText && Redaction.IsSecretName(key)) reading.Fault(member, inner, Advice);
            else if (Redaction.Finds(key)) reading.Fault(member, inner, Advice);
            else Look(member, inner, reading);
        }
    }
}
