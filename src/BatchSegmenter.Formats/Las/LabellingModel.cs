using System.Text.Json;

namespace BatchSegmenter.Formats.Las;

/// <summary>
/// The model that gave a file its classes, as a record of its own tells: user id <c>BatchSegmenter</c>, record id 1, and as payload a JSON
/// object in UTF-8, <c>{"bundle":"SHA-256 of the bundle","name":"aerial","version":"1.0.0"}</c>. Readers pass over keys that they don't know.
/// </summary>
/// <param name="Bundle">The bundle's id: a SHA-256 in lower-case hex.</param>
/// <param name="Name">The model's name.</param>
/// <param name="Version">The model's version.</param>
public sealed record LabellingModel(string Bundle, string Name, string Version)
{
    /// <summary>The record's user id.</summary>
    public const string UserId = "BatchSegmenter";

    /// <summary>The record's id.</summary>
    public const ushort RecordId = 1;

    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web);

    /// <summary>The record; equal models give equal bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Name and version do not fit into 65535 bytes.</exception>
    public LasVlr ToRecord() => LasVlr.Create(UserId, RecordId, "model that set the classes", JsonSerializer.SerializeToUtf8Bytes(this, JsonOptions));

    /// <summary>What the records of a file say; null where they say nothing, or nothing that can be read.</summary>
    /// <param name="records">The records in front of the points.</param>
    public static LabellingModel? Find(IEnumerable<LasVlr> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        if (records.FirstOrDefault(record => record.Is(UserId, RecordId)) is not { } found) return null;
        try
        {
            return JsonSerializer.Deserialize<LabellingModel>(found.Payload.Span.TrimEnd((byte)0), JsonOptions) is { Bundle: not null, Name: not null, Version: not null } model ? model : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
