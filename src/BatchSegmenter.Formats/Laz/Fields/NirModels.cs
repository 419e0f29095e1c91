using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>The models of the near infrared in one context: which of its two bytes changed, and by how much each did.</summary>
internal sealed class NirModels
{
    public readonly SymbolModel Changed = new(4);
    public readonly SymbolModel Low = new(256);
    public readonly SymbolModel High = new(256);

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        Changed.Reset();
        Low.Reset();
        High.Reset();
    }
}
