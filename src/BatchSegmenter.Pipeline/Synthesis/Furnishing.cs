namespace BatchSegmenter.Pipeline.Synthesis;

/// <summary>
/// Places houses, trees, hedges, cars, poles and wires in one square of the world. What stands in a square depends on the seed and the
/// square alone; an object may reach into the squares around.
/// </summary>
internal sealed class Furnishing(Terrain terrain)
{
    private const byte Unclassified = 1, LowVegetation = 3, Building = 6, WireConductor = 14, Tower = 15;
    private const double PoleSpacing = 46;

    private readonly List<Solid> _solids = [];
    private Dice _dice;
    private long _square, _next;

    /// <summary>The objects of the square in this column and row.</summary>
    public Solid[] Furnish(long column, long row)
    {
        _solids.Clear();
        _dice = new Dice(terrain.Seed, column, row, 50);
        _square = (column * 73856093L ^ row * 19349663L) << 12;
        _next = 0;
        double x = column * WorldCell.Edge, y = row * WorldCell.Edge, middle = WorldCell.Edge / 2;
        switch (terrain.Use(x + middle, y + middle))
        {
            case LandUse.Town:
                AddTown(x, y);
                break;
            case LandUse.Open:
                Scatter(x, y, 2, 0.6, tree: true);
                Scatter(x, y, 6, 0.5, tree: false);
                break;
        }

        AddForest(x, y);

        AddPowerLine(x, y);
        return [.. _solids];
    }

    private void AddTown(double x, double y)
    {
        double half = WorldCell.Edge / 2;
        if (_dice.Happens(0.14)) AddHouse(x + half, y + half, _dice.Next(9, 13), _dice.Next(6, 9), flat: true);
        else
            for (int lot = 0; lot < 4; lot++)
                if (_dice.Happens(0.62))
                    AddHouse(x + half * (0.5 + (lot & 1)) + _dice.Next(-2, 2), y + half * (0.5 + (lot >> 1)) + _dice.Next(-2, 2),
                        _dice.Next(4.2, 6.6), _dice.Next(3.2, 4.4), flat: _dice.Happens(0.1));

        Scatter(x, y, 7, 0.6, tree: true);
        Scatter(x, y, 7, 0.5, tree: false);
        for (int hedge = 0; hedge < 2; hedge++)
        {
            bool north = _dice.Happens(0.5);
            double at = _dice.Next(4, 28), length = _dice.Next(4, 9), height = _dice.Next(1.1, 1.9);
            AddPorous(Shape.Hedge, north ? x + 1 : x + at, north ? y + at : y + 1, length, 0.55, 0, height, 0.75f, turned: north);
        }

        for (int car = 0; car < 10; car++) AddCar(_dice.Next(x, x + WorldCell.Edge), _dice.Next(y, y + WorldCell.Edge));
    }

    private void AddForest(double x, double y)
    {
        const int Rows = 6;
        double spacing = WorldCell.Edge / Rows;
        for (int i = 0; i < Rows * Rows; i++)
        {
            double px = x + spacing * (i % Rows + _dice.Next(0.1, 0.9)), py = y + spacing * (i / Rows + _dice.Next(0.1, 0.9));
            if (terrain.Use(px, py) != LandUse.Forest) continue;
            if (_dice.Happens(0.8)) AddTree(px, py, grown: 1);
            else AddShrub(px, py);
        }
    }

    private void Scatter(double x, double y, int times, double probability, bool tree)
    {
        for (int i = 0; i < times; i++)
        {
            double px = _dice.Next(x, x + WorldCell.Edge), py = _dice.Next(y, y + WorldCell.Edge);
            if (!_dice.Happens(probability)) continue;
            if (tree) AddTree(px, py, grown: 0.75);
            else AddShrub(px, py);
        }
    }

    private void AddShrub(double x, double y) =>
        AddPorous(Shape.Crown, x, y, _dice.Next(0.5, 1.6), 0, 0, _dice.Next(0.6, 2.9), 0.6f, turned: false);

    private void AddTree(double x, double y, double grown)
    {
        bool conifer = _dice.Happens(terrain.IsTallGrass(x / 12, y / 12) ? 0.75 : 0.2);
        double height = _dice.Next(5, 21) * grown;
        if (Math.Abs(x - terrain.PowerLineX(x)) < 5) height = Math.Min(height, 5);
        if (conifer) AddPorous(Shape.Cone, x, y, height * _dice.Next(0.13, 0.19), 0, height * 0.08, height, 0.45f, turned: false);
        else AddPorous(Shape.Crown, x, y, height * _dice.Next(0.2, 0.3), 0, height * _dice.Next(0.2, 0.35), height, 0.36f, turned: false);
    }

    /// <summary>Adds a porous shape, unless its place is taken by a house, a street or the river.</summary>
    private void AddPorous(Shape shape, double x, double y, double halfU, double halfV, double above, double height, float leafiness, bool turned)
    {
        double width = shape == Shape.Hedge ? halfU * 0.3 : halfU * 0.6;
        if (terrain.RiverDistance(x, y) < 10 || IsStreet(x, y, width) || IsBuilt(x, y, width)) return;
        double ground = terrain.Height(x, y);
        Add(new Solid
        {
            Shape = shape,
            Code = LowVegetation,
            Brightness = (float)_dice.Next(0.35, 0.6),
            Leafiness = leafiness,
            X = x,
            Y = y,
            Cos = turned ? 0 : 1,
            Sin = turned ? 1 : 0,
            HalfU = halfU,
            HalfV = halfV,
            Bottom = ground + above,
            Top = ground + height,
        });
    }

    private void AddHouse(double x, double y, double halfU, double halfV, bool flat)
    {
        double reach = Math.Sqrt(halfU * halfU + halfV * halfV);
        if (terrain.RiverDistance(x, y) < reach + 14 || Math.Abs(x - terrain.PowerLineX(x)) < reach + 3 || IsStreet(x, y, halfU + 0.5) || IsBuilt(x, y, halfV + 2.5)) return;
        double lean = _dice.Next(-0.2, 0.2), length = Math.Sqrt(1 + lean * lean), ground = terrain.Height(x, y);
        bool turned = _dice.Happens(0.5);
        double eaves = ground + (flat ? _dice.Next(3.5, 11) : _dice.Next(2.8, 6.2));
        Solid house = new()
        {
            Shape = flat ? Shape.Box : _dice.Happens(0.65) ? Shape.Gable : Shape.Hip,
            Code = Building,
            Brightness = (float)_dice.Next(0.2, 0.75),
            X = x,
            Y = y,
            Cos = turned ? lean / length : 1 / length,
            Sin = turned ? 1 / length : lean / length,
            HalfU = halfU,
            HalfV = halfV,
            Bottom = ground - 6,
            Eaves = eaves,
            Top = flat ? eaves : eaves + halfV * _dice.Next(0.45, 0.95),
        };
        Add(house);
        if (flat || !_dice.Happens(0.6)) return;
        double along = _dice.Next(-0.6, 0.6) * halfU;
        Add(house with { Shape = Shape.Box, X = x + along * house.Cos, Y = y + along * house.Sin, HalfU = 0.4, HalfV = 0.4, Bottom = eaves, Top = house.Top + 0.9 });
    }

    private void AddCar(double x, double y)
    {
        double distance = terrain.StreetDistance(x, y);
        if (distance is < 1 or > 2.4 || terrain.RiverDistance(x, y) < 16) return;
        // A car stands along its street: where a step sideways along x leaves the street, the street runs along y.
        bool north = Math.Abs(terrain.StreetDistance(x + 0.5, y) - distance) > 0.01;
        double ground = terrain.Height(x, y), tall = _dice.Next(1.4, 1.9);
        Solid body = new()
        {
            Shape = Shape.Box,
            Code = Unclassified,
            Brightness = (float)_dice.Next(0.2, 0.9),
            X = x,
            Y = y,
            Cos = north ? 0 : 1,
            Sin = north ? 1 : 0,
            HalfU = 2.2,
            HalfV = 0.9,
            Bottom = ground - 1,
            Top = ground + 0.55 * tall,
        };
        Add(body);
        Add(body with { HalfU = 1.3, HalfV = 0.8, Top = ground + tall });
    }

    private void AddPowerLine(double x, double y)
    {
        double line = terrain.PowerLineX(x + WorldCell.Edge / 2);
        if (line < x || line >= x + WorldCell.Edge) return;
        for (long pole = (long)Math.Ceiling(y / PoleSpacing); pole * PoleSpacing < y + WorldCell.Edge; pole++)
        {
            double at = pole * PoleSpacing, foot = terrain.Height(line, at), next = terrain.Height(line, at + PoleSpacing);
            Add(new Solid { Shape = Shape.Pole, Code = Tower, Brightness = 0.4f, X = line, Y = at, Cos = 1, HalfU = 0.2, HalfV = 0.2, Bottom = foot - 1, Top = foot + 10.6 });
            Add(new Solid { Shape = Shape.Box, Code = Tower, Brightness = 0.4f, X = line, Y = at, Cos = 1, HalfU = 1.3, HalfV = 0.15, Bottom = foot + 9.9, Top = foot + 10.1 });
            for (int wire = -1; wire <= 1; wire++)
                Add(new Solid { Shape = Shape.Wire, Code = WireConductor, Brightness = 0.3f, X = line + 1.1 * wire, Y = at, HalfU = PoleSpacing / 2, HalfV = 0.1, Bottom = foot + 10.2, Eaves = next + 10.2, Top = 1.1 });
        }
    }

    private void Add(Solid solid)
    {
        solid.Id = _square + _next++;
        _solids.Add(solid);
    }

    private bool IsStreet(double x, double y, double width) =>
        terrain.StreetDistance(x, y) < Terrain.StreetHalfWidth + width && terrain.Use(x, y) == LandUse.Town;

    private bool IsBuilt(double x, double y, double width)
    {
        foreach (Solid solid in _solids)
        {
            if (solid.Code != Building) continue;
            double dx = x - solid.X, dy = y - solid.Y;
            if (Math.Abs(dx * solid.Cos + dy * solid.Sin) < solid.HalfU + width && Math.Abs(dy * solid.Cos - dx * solid.Sin) < solid.HalfV + width) return true;
        }

        return false;
    }
}
