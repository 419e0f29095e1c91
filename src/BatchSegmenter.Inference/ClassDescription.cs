namespace BatchSegmenter.Inference;

/// <summary>One class that the network scores, and the label that its points get.</summary>
public sealed record ClassDescription
{
    /// <summary>Position among the scores, from 0.</summary>
    public required int Id { get; init; }

    /// <summary>The class's name.</summary>
    public required string Name { get; init; }

    /// <summary>Colour for pictures, <c>#rrggbb</c>.</summary>
    public string Color { get; init; } = "#808080";

    /// <summary>ASPRS code, 0 to 255; null where the class has none and its id is the label.</summary>
    public int? Asprs { get; init; }

    /// <summary>Codes by height above ground instead of <see cref="Asprs"/>, lowest first; the last entry has no limit.</summary>
    public IReadOnlyList<HeightClass>? ByHeight { get; init; }

    /// <summary>The label of a point of this class.</summary>
    /// <param name="heightAboveGround">In metres.</param>
    public int Label(double heightAboveGround)
    {
        if (ByHeight is null) return Asprs ?? Id;
        for (int i = 0; i < ByHeight.Count; i++) // not foreach, whose enumerator would be an object per point
            if (ByHeight[i].Below is not double limit || heightAboveGround < limit) return ByHeight[i].Asprs;
        return ByHeight[^1].Asprs;
    }

    internal void Validate(int position, Action<bool, string, object, string> require)
    {
        string key = $"classes[{position}]";
        require(Id == position, $"{key}.id", Id, $"{position}, its position");
        require(Name.Length > 0, $"{key}.name", "empty", "a name");
        require(
            Color.Length == 7 && Color[0] == '#' && Color.AsSpan(1).IndexOfAnyExcept("0123456789abcdefABCDEF") < 0, $"{key}.color", $"\"{Color}\"", "\"#rrggbb\"");
        require(Asprs is null or (>= 0 and <= 255), $"{key}.asprs", Asprs ?? 0, "0 to 255");
        if (ByHeight is null) return;
        require(ByHeight.Count > 0, $"{key}.byHeight", "empty", "one entry or more");
        for (int i = 0; i < ByHeight.Count; i++)
        {
            require(ByHeight[i].Asprs is >= 0 and <= 255, $"{key}.byHeight[{i}].asprs", ByHeight[i].Asprs, "0 to 255");
            bool last = i == ByHeight.Count - 1;
            require(last == ByHeight[i].Below is null, $"{key}.byHeight[{i}].below", ByHeight[i].Below?.ToString() ?? "absent", last ? "none on the last entry" : "a height in metres");
            require(last || i == 0 || ByHeight[i].Below > ByHeight[i - 1].Below, $"{key}.byHeight[{i}].below", ByHeight[i].Below ?? 0, "more than the one before");
        }
    }
}

/// <summary>The code of points below a height.</summary>
public sealed record HeightClass
{
    /// <summary>Height above ground in metres, exclusive; null on the last entry.</summary>
    public double? Below { get; init; }

    /// <summary>ASPRS code, 0 to 255.</summary>
    public required int Asprs { get; init; }
}
