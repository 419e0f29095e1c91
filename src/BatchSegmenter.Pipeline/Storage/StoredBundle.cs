using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.OutOfCore;

namespace BatchSegmenter.Pipeline.Storage;

/// <summary>Loads a model bundle from a folder, or from a blob store, of which it takes a copy for as long as the loading lasts.</summary>
public static class StoredBundle
{
    /// <summary>Loads the bundle that a run asks for.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="cancellation">Ends the download.</param>
    /// <exception cref="ModelBundleNotFoundException">There is no such bundle.</exception>
    /// <exception cref="InvalidModelBundleException">It is damaged or not trusted.</exception>
    /// <exception cref="IOException">It cannot be read, or the store does not answer.</exception>
    /// <exception cref="ConfigurationException">Its precision is not the one asked for.</exception>
    public static async Task<ModelBundle> LoadAsync(SegmentationOptions options, CancellationToken cancellation = default)
    {
        ModelBundle bundle = await FetchAsync(options, cancellation).ConfigureAwait(false);
        string precision = bundle.Description.Precision.ToString().ToLowerInvariant(), asked = options.Inference.Precision;
        if (asked == "auto" && bundle.Description.Precision == ModelPrecision.Fp16 && !options.Inference.Providers.Any(ExecutionProvider.IsAccelerator))
            throw new ConfigurationException($"inference.precision: found \"auto\", but the bundle {options.Model} is fp16, which is for accelerators and slow on the processor, the only provider here; use the bundle that it was made of, or \"fp16\" to run it all the same");
        if (asked == "auto" || asked == precision) return bundle;
        // TensorRT rounds it itself; where that turns out to be absent the run goes on in what the bundle has, and says so.
        if (asked == "fp16" && bundle.Description.Precision == ModelPrecision.Fp32 && options.Inference.Providers.Contains(ExecutionProvider.TensorRt)) return bundle;
        string way = asked switch
        {
            "int8" => "a bundle made by 'model quantize'",
            "fp16" => "a bundle made by 'model quantize --precision fp16', or \"tensorrt\" first in inference.providers, which computes a bundle in fp32 so",
            _ => "the bundle that it was made of",
        };
        throw new ConfigurationException($"inference.precision: found \"{asked}\", but the bundle {options.Model} is {precision}; use \"auto\", or {way}");
    }

    private static async Task<ModelBundle> FetchAsync(SegmentationOptions options, CancellationToken cancellation)
    {
        BundleTrust trust = BundleTrust.Load(options.Trust.RequireSignature, options.Trust.Keys);
        StoreAddress address = StoreAddress.Parse(options.Model);
        if (address.IsLocal) return ModelBundle.Load(options.Model, trust);

        ObjectStore store = address.Open();
        using ScratchFolder scratch = new(options.Limits.Scratch);
        string folder = Path.Combine(scratch.Folder(), "bundle");
        int files = 0;
        await foreach (StoredObject it in store.ListAsync("", cancellation).ConfigureAwait(false))
        {
            string path = new LocalStore(folder).PathOf(it.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            Stream content = store.OpenRead(it), file = File.Create(path);
            await using (content.ConfigureAwait(false))
            await using (file.ConfigureAwait(false)) await content.CopyToAsync(file, cancellation).ConfigureAwait(false);
            files++;
        }

        if (files == 0) throw new ModelBundleNotFoundException(options.Model);
        try
        {
            return ModelBundle.Load(folder, trust);
        }
        catch (InvalidModelBundleException fault)
        {
            // The copy's path tells nobody anything.
            throw new ConfigurationException(fault.Message.Replace(folder, address.Text, StringComparison.Ordinal), fault);
        }
    }
}
