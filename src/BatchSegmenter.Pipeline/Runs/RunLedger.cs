using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>
/// What is done and what was given up, an object per input beside the outputs: <c>_ledger/NAME.json</c> and <c>_quarantine/NAME.json</c>. Each
/// appears whole or not at all, so a run may end at any moment. Whoever writes holds the run's lock.
/// </summary>
/// <param name="outputs">Where the run's outputs are.</param>
public sealed class RunLedger(ObjectStore outputs)
{
    private const int LongestName = 180;
    private const string DoneFolder = "_ledger/inputs/";
    private const string Marker = "_ledger/ledger.json";

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    // People read these and send them on; what is done, only the next run reads.
    private static readonly JsonSerializerOptions Redacted = new(Json) { Converters = { new Redaction.Converter() } };

    /// <summary>Where the run's outputs are.</summary>
    public ObjectStore Outputs => outputs;

    /// <summary>Begins a ledger where there is none.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public Task OpenAsync(CancellationToken cancellation = default) => outputs.TryCreateAsync(Marker, "{ \"format\": 1 }\n"u8.ToArray(), cancellation);

    /// <summary>Whether the ledger that was opened is still there: false where the output folder was removed or its disk unmounted.</summary>
    /// <exception cref="IOException">The store does not answer.</exception>
    public async Task<bool> IsThereAsync(CancellationToken cancellation = default) => await outputs.FindAsync(Marker, cancellation).ConfigureAwait(false) is not null;

    /// <summary>The record of an input that is done, whatever its key; null where there is none, or none that can be understood.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public Task<DoneRecord?> FindDoneAsync(SegmentationInput input, CancellationToken cancellation = default) => ReadAsync<DoneRecord>(DoneName(input), cancellation);

    /// <summary>The record of an input that was given up, whatever its key; null where there is none, or none that can be understood.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public Task<QuarantineRecord?> FindQuarantinedAsync(SegmentationInput input, CancellationToken cancellation = default) =>
        ReadAsync<QuarantineRecord>(QuarantineName(input), cancellation);

    /// <summary>Records of inputs that are done, spread evenly over the ledger where there are more than <paramref name="most"/>. Those that cannot be understood are left out.</summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    public async Task<IReadOnlyList<DoneRecord>> SampleAsync(int most, CancellationToken cancellation = default)
    {
        List<string> names = [];
        await foreach (StoredObject it in outputs.ListAsync(DoneFolder, cancellation).ConfigureAwait(false)) names.Add(it.Name);
        List<DoneRecord> sample = [];
        for (int i = 0; i < Math.Min(most, names.Count); i++)
            if (await ReadAsync<DoneRecord>(names[(int)((long)i * names.Count / Math.Min(most, names.Count))], cancellation).ConfigureAwait(false) is { } record) sample.Add(record);
        return sample;
    }

    /// <summary>Records an input as done, in place of an earlier record and of its quarantine. Its outputs are committed before.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public async Task RecordAsync(SegmentationInput input, DoneRecord done, CancellationToken cancellation = default)
    {
        await WriteAsync(DoneName(input), done, cancellation).ConfigureAwait(false);
        await outputs.DeleteAsync(QuarantineName(input), cancellation).ConfigureAwait(false);
    }

    /// <summary>Records that an input was given up.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public Task QuarantineAsync(SegmentationInput input, QuarantineRecord record, CancellationToken cancellation = default) =>
        WriteAsync(QuarantineName(input), record, cancellation, Redacted);

    /// <summary>Removes what is recorded of an input; its outputs stay until they are replaced.</summary>
    /// <exception cref="IOException">It cannot be removed.</exception>
    public async Task ForgetAsync(SegmentationInput input, CancellationToken cancellation = default)
    {
        await outputs.DeleteAsync(DoneName(input), cancellation).ConfigureAwait(false);
        await outputs.DeleteAsync(QuarantineName(input), cancellation).ConfigureAwait(false);
    }

    /// <summary>The name of an input's quarantine record within the store.</summary>
    public static string QuarantineName(SegmentationInput input) => $"_quarantine/{NameOf(input)}.json";

    private static string DoneName(SegmentationInput input) => $"{DoneFolder}{NameOf(input)}.json";

    // File systems end names at 255 bytes; what is longer keeps its beginning for people and a hash for the program.
    private static string NameOf(SegmentationInput input)
    {
        string name = input.Source.StartsWith('.') ? $"%2E{input.Source[1..]}" : input.Source;
        if (Encoding.UTF8.GetByteCount(name) <= LongestName) return name;
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..16];
        int kept = Math.Min(name.Length, LongestName / 4);
        if (char.IsHighSurrogate(name[kept - 1])) kept--;
        return $"{name[..kept]}~{hash}";
    }

    private async Task<T?> ReadAsync<T>(string name, CancellationToken cancellation) where T : class
    {
        if (await outputs.FindAsync(name, cancellation).ConfigureAwait(false) is not { } found) return null;
        byte[] content = await outputs.ReadAsync(found, cancellation).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize<T>(content, Json);
        }
        catch (JsonException)
        {
            return null; // the input is done again, which replaces it
        }
    }

    private async Task WriteAsync<T>(string name, T record, CancellationToken cancellation, JsonSerializerOptions? options = null)
    {
        StagedObject staged = outputs.Create(name);
        await using (staged.ConfigureAwait(false))
        {
            await JsonSerializer.SerializeAsync(staged.Stream, record, options ?? Json, cancellation).ConfigureAwait(false);
            await staged.CommitAsync(CreateCondition.Any, cancellation).ConfigureAwait(false);
        }
    }
}
