using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BatchSegmenter.Inference;

/// <summary>The content of a bundle's <c>hashes.json</c>: the SHA-256 of every other file, by relative path with forward slashes.</summary>
internal sealed record BundleHashes
{
    public const string FileName = "hashes.json";

    private static readonly JsonSerializerOptions JsonOptions = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        WriteIndented = true,
        NewLine = "\n",
    };

    public required IReadOnlyDictionary<string, string> Sha256 { get; init; }

    public static BundleHashes Parse(ReadOnlySpan<byte> json, string path)
    {
        BundleHashes hashes;
        try
        {
            hashes = JsonSerializer.Deserialize<BundleHashes>(json, JsonOptions) ?? throw new InvalidModelBundleException(path, "it holds null; an object is expected");
        }
        catch (JsonException fault)
        {
            throw new InvalidModelBundleException(path, $"it can't be read: {fault.Message}", fault);
        }
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string file, string hash) in hashes.Sha256)
        {
            if (!IsInside(file)) throw new InvalidModelBundleException(path, $"it lists \"{file}\", which is no path inside the bundle");
            if (file is FileName or BundleSignature.FileName) throw new InvalidModelBundleException(path, $"it lists {file}, whose bytes come after it");
            if (!names.Add(file)) throw new InvalidModelBundleException(path, $"it lists \"{file}\" twice, in other letter cases");
            // Upper case would mean the same, but then a changed letter of the list would go unnoticed.
            if (hash.Length != 64 || hash.AsSpan().IndexOfAnyExcept("0123456789abcdef") >= 0)
                throw new InvalidModelBundleException(path, $"the hash of {file} is \"{hash}\"; 64 lower-case hexadecimal digits were expected");
        }
        return hashes;
    }

    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, JsonOptions), (byte)'\n'];

    /// <summary>Whether a name stays inside the folder on every system: no drive, stream, device path, nor a part that Windows would trim.</summary>
    private static bool IsInside(string file) =>
        file.Length > 0 && !file.Any(c => c is '\\' or ':' || char.IsControl(c)) && !Path.IsPathRooted(file)
        && file.Split('/').All(part => part.Length > 0 && part[^1] is not ('.' or ' '));

    public static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
