using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace BatchSegmenter.Pipeline;

/// <summary>
/// Takes what opens a store out of every text that people, logs and reports see: signatures of shared access, account keys, passwords,
/// tokens, credentials within addresses, and the very values of the environment's Azure secrets.
/// </summary>
public static partial class Redaction
{
    /// <summary>What stands in the place of a secret.</summary>
    public const string Mark = "***";

    private const int ShortestSecret = 8;

    /// <summary>The text with <see cref="Mark"/> in the place of each secret; the same text where there is none.</summary>
    /// <param name="text">Any text: a message, a trace, a line of JSON. May be empty.</param>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (string secret in OfEnvironment())
            foreach (string form in (ReadOnlySpan<string>)[secret, Uri.EscapeDataString(secret), Uri.UnescapeDataString(secret)])
                text = text.Replace(form, Mark, StringComparison.Ordinal);
        text = StorageKey().Replace(text, Mark);
        text = Named().Replace(text, $"$1{Mark}");
        text = Authorization().Replace(text, $"$1{Mark}");
        return UserPassword().Replace(text, $"$1{Mark}@");
    }

    /// <summary>Whether a text holds what <see cref="Of"/> would take out.</summary>
    public static bool Finds(string text) => Of(text) != text;

    /// <summary>Whether a key of that name holds a secret, whatever its value looks like: password, accountKey, sas_token, connectionString …</summary>
    public static bool IsSecretName(string name) => SecretName().IsMatch(name);

    /// <summary>Writes every string of a JSON document through <see cref="Of"/>.</summary>
    internal sealed class Converter : JsonConverter<string>
    {
        public override string? Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => reader.GetString();

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(Of(value));

        public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => reader.GetString()!;

        public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WritePropertyName(Of(value));
    }

    // Looked up each time: a process may learn its secrets late, and there are few of them.
    private static IEnumerable<string> OfEnvironment()
    {
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if (variable is not { Key: string name, Value: string value } || value.Length < ShortestSecret) continue;
            if (!name.StartsWith("AZURE_", StringComparison.OrdinalIgnoreCase) || !IsSecretName(name)) continue;
            foreach (Match part in Named().Matches(value))
                if (part.Groups[2].Length >= ShortestSecret) yield return part.Groups[2].Value;
            yield return value;
        }
    }

    // No \b before the names: in JSON an escaped & ends in a digit, and connection strings join words.
    [GeneratedRegex(
        @"((?<![A-Za-z])(?:sig|pwd|password|passwd|passphrase|secret|token)(?:=|%3D)|(?:AccountKey|AccessKey|ApiKey|SharedAccessSignature|ClientSecret|SasToken|AccessToken)(?:=|%3D))(?!\*\*\*)([^&;\s""'<>\\]+)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Named();

    /// <summary>A storage account's key, 64 bytes in base 64, wherever it stands: nothing else that is told has that form.</summary>
    [GeneratedRegex("(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{86}==(?![A-Za-z0-9+/=])", RegexOptions.CultureInvariant)]
    private static partial Regex StorageKey();

    [GeneratedRegex(@"(\b(?:Bearer\s+|SharedKey\s+[^\s:]+:))(?!\*\*\*)[A-Za-z0-9._~+/=-]{8,}", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Authorization();

    [GeneratedRegex(@"([a-z][a-z0-9+.-]*://[^\s/:@""']*:)(?!\*\*\*@)[^\s/@""']+@", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex UserPassword();

    [GeneratedRegex(
        @"^(.*[_\W])?(pwd|sas|sig)$|passwor[dt]|passwd|passphrase|secret|credential|token|connection[_-]?string|shared[_-]?access|(account|access|api|storage|private)[_-]?key",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretName();
}
