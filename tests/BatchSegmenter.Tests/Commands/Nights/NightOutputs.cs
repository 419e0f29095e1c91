using System.Security.Cryptography;
using System.Text.Json;
using Azure.Storage.Blobs;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Tests.Commands.Nights;

/// <summary>What runs have left in an output, as tests look at it.</summary>
/// <param name="store">The output.</param>
/// <param name="blobs">The container that the output is in; null where it is a folder.</param>
/// <param name="temporary">The folder for temporary files of the runs.</param>
internal sealed class NightOutputs(ObjectStore store, BlobContainerClient? blobs, string temporary)
{
    private const string Records = "_ledger/inputs/";

    /// <summary>The hash of every file of the dataset and of every labelled file, by name.</summary>
    public async Task<SortedDictionary<string, string>> HashesAsync()
    {
        SortedDictionary<string, string> hashes = new(StringComparer.Ordinal);
        foreach (string prefix in (string[])["points/", "las/"])
            await foreach (StoredObject it in store.ListAsync(prefix))
                hashes[it.Name] = Convert.ToHexStringLower(SHA256.HashData(await store.ReadAsync(it)));
        return hashes;
    }

    /// <summary>
    /// What is recorded as done: every ledger record and every file that it names, with its tag, which is another one as soon as somebody
    /// writes it again.
    /// </summary>
    public async Task<Dictionary<string, string>> RecordedAsync()
    {
        Dictionary<string, string> recorded = [];
        await foreach (StoredObject it in store.ListAsync(Records))
        {
            recorded[it.Name] = it.Tag;
            using JsonDocument record = JsonDocument.Parse(await store.ReadAsync(it));
            foreach (JsonElement output in record.RootElement.GetProperty("outputs").EnumerateArray())
            {
                string name = output.GetProperty("name").GetString()!;
                StoredObject? found = await store.FindAsync(name);
                Assert.True(found is not null, $"{it.Name} is recorded, but {name} is not there");
                Assert.Equal(output.GetProperty("bytes").GetInt64(), found.Length);
                recorded[name] = found.Tag;
            }
        }

        return recorded;
    }

    /// <summary>The rows of the summary, without the columns that tell time and the input's place; the statuses apart.</summary>
    public async Task<(string[] Rows, string[] Statuses)> SummaryAsync()
    {
        StoredObject file = (await store.FindAsync("summary.csv"))!;
        string[][] rows = [.. System.Text.Encoding.UTF8.GetString(await store.ReadAsync(file)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(row => row.Split(','))];
        int status = Array.IndexOf(rows[0], "status");
        int[] compared = [.. Enumerable.Range(0, rows[0].Length).Where(column => rows[0][column] is not ("input" or "seconds" or "points_per_second" or "status"))];
        return ([.. rows.Skip(1).Select(row => string.Join(',', compared.Select(column => row[column])))], [.. rows.Skip(1).Select(row => row[status])]);
    }

    /// <summary>The record of an input that was given up; fails where there is none.</summary>
    public Task<JsonElement> QuarantinedAsync(string name) => RecordAsync($"_quarantine/{name}.json");

    /// <summary>The record of an input that is done; fails where there is none.</summary>
    public Task<JsonElement> DoneAsync(string name) => RecordAsync($"{Records}{name}.json");

    /// <summary>The inputs below a folder of records, by name.</summary>
    public async Task<SortedSet<string>> NamesAsync(string folder)
    {
        SortedSet<string> names = new(StringComparer.Ordinal);
        await foreach (StoredObject it in store.ListAsync($"{folder}/")) names.Add(Path.GetFileNameWithoutExtension(it.Name));
        return names;
    }

    /// <summary>What should not be there once a run is over: temporary files, folders without files, locks, scratch.</summary>
    public async Task<string[]> LeftOversAsync()
    {
        List<string> left = [.. Directory.GetFileSystemEntries(temporary)];
        await foreach (StoredObject it in store.ListAsync("_ledger/"))
            if (it.Name.EndsWith(".lock", StringComparison.Ordinal)) left.Add(it.Name);
        if (blobs is not null) left.AddRange(blobs.GetBlobs().Select(blob => blob.Name).Where(name => name.Contains("/.", StringComparison.Ordinal)));
        if (store is LocalStore { Folder: { } folder })
        {
            left.AddRange(Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(path => Path.GetFileName(path).StartsWith('.')));
            left.AddRange(Directory.GetDirectories(folder, "*", SearchOption.AllDirectories).Where(path => !Directory.EnumerateFileSystemEntries(path).Any()));
        }

        return [.. left];
    }

    private async Task<JsonElement> RecordAsync(string name)
    {
        StoredObject? it = await store.FindAsync(name);
        Assert.True(it is not null, $"there is no {name}");
        return JsonDocument.Parse(await store.ReadAsync(it)).RootElement;
    }
}
