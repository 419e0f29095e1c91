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
        foreach (string file in hashes.Sha256.Keys)
        {
            if (file.Length == 0 || file.Contains('\\') || Path.IsPathRooted(file) || file.Split('/').Any(part => part is "" or "." or ".."))
                throw new InvalidModelBundleException(path, $"it lists \"{file}\", which is no path inside the bundle");
        }
        return hashes;
    }

    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, JsonOptions), (byte)'\n'];

    public static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
