namespace BatchSegmenter.Formats.Laz.Coding;

/// <summary>One symbol model per context, each made on first use.</summary>
internal sealed class ContextModels(int contexts, int symbols)
{
    private readonly SymbolModel?[] _models = new SymbolModel?[contexts];

    /// <summary>The model of a context.</summary>
    public SymbolModel this[int context] => _models[context] ?? Make(context);

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        foreach (SymbolModel? model in _models) model?.Reset();
    }

    private SymbolModel Make(int context) => _models[context] = new SymbolModel(symbols);
}
