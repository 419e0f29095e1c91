using System.Numerics;

namespace BatchSegmenter.Onnx.Checkpoints.Pickles;

/// <summary>
/// Reads one pickle, protocols 0 to 5, into plain values. It is a loop over opcodes with a stack and a memo: nothing
/// recurses, nothing is looked up by reflection, and only the functions of <see cref="PickleGlobals"/> are called.
/// </summary>
/// <param name="source">The pickle; left behind its last byte.</param>
/// <param name="persistent">Finds what a persistent id stands for; null where none is expected.</param>
internal sealed class PickleReader(PickleBytes source, Func<PickleCall, object?>? persistent = null)
{
    /// <summary>
    /// Opcodes, and values copied by calls, that one pickle may take. A real checkpoint has some ten thousand; each takes
    /// less than 100 bytes here, so that no pickle takes more than a few hundred MB.
    /// </summary>
    internal const int MostSteps = 1 << 22;

    private const int HighestProtocol = 5;

    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<ulong, object?> _memo = [];
    private int _steps;
    private int _offset;

    /// <summary>Reads to the end of the pickle.</summary>
    /// <exception cref="InvalidCheckpointException">The pickle breaks the rules, or is cut short.</exception>
    /// <exception cref="UnsupportedCheckpointException">It asks for something that is not known here.</exception>
    public object? Read()
    {
        while (true)
        {
            _offset = source.Position;
            Spend(1);
            byte opcode = source.ReadByte();
            if (opcode == (byte)'.') return Pop();
            Step(opcode);
        }
    }

    /// <summary>What a value is, for messages.</summary>
    public static string KindOf(object? value) => value switch
    {
        null => "None",
        bool => "a truth value",
        long or BigInteger => "an integer",
        double => "a float",
        string => "a string",
        ReadOnlyMemory<byte> => "bytes",
        object?[] => "a tuple",
        PickleList => "a list",
        PickleDictionary => "a dictionary",
        PickleTensor => "a tensor",
        PickleStorage => "a storage",
        PickleGlobal global => global.Name,
        PickleRecord record => $"a {record.Type}",
        _ => "something else",
    };

    private void Step(byte opcode)
    {
        switch (opcode)
        {
            // Protocol and framing.
            case 0x80: // PROTO
                if (source.ReadByte() is > HighestProtocol and byte protocol) throw source.Unsupported(_offset, $"pickle protocol {protocol}; 0 to {HighestProtocol} are read");
                break;
            case 0x95: // FRAME: a hint for buffering
                if (source.ReadUnsigned(8) is ulong frame && frame > (ulong)source.Left) throw source.Invalid(_offset, $"a frame of {frame} bytes, but {source.Left} follow. The file is cut short or damaged");
                break;

            // The stack and the memo.
            case (byte)'(': _marks.Add(_stack.Count); break;
            case (byte)'0': // POP
                if (_marks.Count > 0 && _marks[^1] == _stack.Count) _marks.RemoveAt(_marks.Count - 1);
                else Pop();
                break;
            case (byte)'1': PopToMark(); break;
            case (byte)'2': Push(Top()); break; // DUP
            case (byte)'p': _memo[Text().Index()] = Top(); break;
            case (byte)'q': _memo[source.ReadByte()] = Top(); break;
            case (byte)'r': _memo[source.ReadUnsigned(4)] = Top(); break;
            case 0x94: _memo[(ulong)_memo.Count] = Top(); break; // MEMOIZE
            case (byte)'g': Push(Remembered(Text().Index())); break;
            case (byte)'h': Push(Remembered(source.ReadByte())); break;
            case (byte)'j': Push(Remembered(source.ReadUnsigned(4))); break;

            // Numbers.
            case (byte)'N': Push(null); break;
            case 0x88: Push(true); break;
            case 0x89: Push(false); break;
            case (byte)'K': Push((long)source.ReadByte()); break;
            case (byte)'M': Push((long)source.ReadUnsigned(2)); break;
            case (byte)'J': Push((long)source.ReadInt32()); break;
            case 0x8a: Push(source.ReadLong(source.ReadByte())); break;
            case 0x8b: Push(source.ReadLong(source.ReadUnsigned(4))); break;
            case (byte)'I': Push(Text().Integer()); break;
            case (byte)'L': Push(Text().Integer()); break;
            case (byte)'G': Push(source.ReadBigEndianDouble()); break;
            case (byte)'F': Push(Text().Float()); break;

            // Strings and bytes.
            case (byte)'X': Push(source.ReadUtf8(source.ReadUnsigned(4))); break;
            case 0x8c: Push(source.ReadUtf8(source.ReadByte())); break;
            case 0x8d: Push(source.ReadUtf8(source.ReadUnsigned(8))); break;
            case (byte)'V': Push(Text().Unescaped()); break;
            case (byte)'S': Push(Text().Unquoted().Unescaped()); break;
            case (byte)'T': Push(source.ReadLatin1(source.ReadUnsigned(4))); break;
            case (byte)'U': Push(source.ReadLatin1(source.ReadByte())); break;
            case (byte)'B': Push(source.Take(source.ReadUnsigned(4), "bytes")); break;
            case (byte)'C': Push(source.Take(source.ReadByte(), "bytes")); break;
            case 0x8e or 0x96: Push(source.Take(source.ReadUnsigned(8), "bytes")); break; // BINBYTES8, BYTEARRAY8

            // Containers.
            case (byte)')': Push(Array.Empty<object?>()); break;
            case 0x85 or 0x86 or 0x87: Push(Popped(opcode - 0x84)); break; // TUPLE1 to TUPLE3
            case (byte)'t': Push(PopToMark()); break;
            case (byte)']' or 0x8f: Push(new PickleList()); break; // EMPTY_LIST, EMPTY_SET
            case (byte)'l' or 0x91: Push(ListOf(PopToMark())); break; // LIST, FROZENSET
            case (byte)'}': Push(new PickleDictionary()); break;
            case (byte)'d': { object?[] entries = PopToMark(); Push(new PickleDictionary()); Set(entries); break; }
            case (byte)'a': Append(Popped(1)); break;
            case (byte)'e' or 0x90: Append(PopToMark()); break; // APPENDS, ADDITEMS
            case (byte)'s': Set(Popped(2)); break;
            case (byte)'u': Set(PopToMark()); break;

            // Classes, functions, objects.
            case (byte)'c': Push(Global(source.ReadLine(), source.ReadLine())); break;
            case 0x93: { object?[] names = Popped(2); Push(Global(names[0] as string, names[1] as string)); break; }
            case (byte)'i': Push(Call(Global(source.ReadLine(), source.ReadLine()), PopToMark())); break; // INST
            case (byte)'o': // OBJ
                object?[] parts = PopToMark();
                Push(parts.Length > 0 ? Call(parts[0], parts[1..]) : throw source.Invalid(_offset, "an object without a class"));
                break;
            case (byte)'R' or 0x81: { object?[] call = Popped(2); Push(Call(call[0], call[1])); break; } // REDUCE, NEWOBJ
            case 0x92: { object?[] call = Popped(3); Push(Call(call[0], call[1])); break; } // NEWOBJ_EX: names of arguments change nothing here
            case (byte)'b': Build(Pop()); break;
            case (byte)'P': Push(Persistent(source.ReadLine())); break;
            case (byte)'Q': Push(Persistent(Pop())); break;
            case 0x82 or 0x83 or 0x84: throw source.Unsupported(_offset, "an object of Python's extension registry, which is refused");
            case 0x97 or 0x98: throw source.Unsupported(_offset, "a buffer outside the pickle, which is refused");
            default: throw source.Invalid(_offset, $"byte 0x{opcode:x2}, which is no opcode of a pickle");
        }
    }

    private PickleText Text() => new(source.ReadLine(), source, _offset);

    private PickleGlobal Global(string? module, string? name) => module is null || name is null
        ? throw source.Invalid(_offset, "a class whose name is not a string")
        : PickleGlobals.Find(module, name, source, _offset);

    private object? Call(object? callee, object? arguments) => (callee, arguments) switch
    {
        (PickleGlobal { Make: { } make } global, object?[] tuple) => make(new PickleCall(source, _offset, global.Name, tuple, Spend)),
        (PickleGlobal { Make: not null }, _) => throw source.Invalid(_offset, $"a call with {KindOf(arguments)}, where a tuple of arguments is expected"),
        _ => throw source.Invalid(_offset, $"a call of {KindOf(callee)}, which can't be called"),
    };

    private object? Persistent(object? id) => persistent is null
        ? throw source.Invalid(_offset, "a persistent id, which has no place here")
        : persistent(new PickleCall(source, _offset, "a persistent id", id as object?[] ?? [id], Spend));

    /// <summary>The state of what is on top: only a dtype's says anything that is used; attributes of containers and records do not.</summary>
    private void Build(object? state)
    {
        switch (Top())
        {
            case PickleDtype type: type.IsBigEndian = state is object?[] and [_, ">", ..]; break;
            case PickleRecord or PickleDictionary or PickleList or PickleTensor: break;
            case var other: throw source.Invalid(_offset, $"a state for {KindOf(other)}, which has none");
        }
    }

    private void Append(object?[] items)
    {
        switch (Top())
        {
            case PickleList list: list.Items.AddRange(items); break;
            case PickleRecord: break;
            case var other: throw source.Invalid(_offset, $"items for {KindOf(other)}, where a list is expected");
        }
    }

    private void Set(object?[] entries)
    {
        if (entries.Length % 2 != 0) throw source.Invalid(_offset, "a key without a value");
        switch (Top())
        {
            case PickleDictionary dictionary:
                for (int i = 0; i < entries.Length; i += 2) dictionary.Entries.Add(new(entries[i], entries[i + 1]));
                break;
            case PickleRecord: break;
            case var other: throw source.Invalid(_offset, $"entries for {KindOf(other)}, where a dictionary is expected");
        }
    }

    private static PickleList ListOf(object?[] items)
    {
        PickleList list = new();
        list.Items.AddRange(items);
        return list;
    }

    private void Spend(int steps)
    {
        if ((_steps += steps) > MostSteps) throw source.Unsupported(_offset, $"a pickle of more than {MostSteps} steps; save the parameters alone: torch.save(model.state_dict(), path)");
    }

    private void Push(object? value) => _stack.Add(value);

    private object? Pop() => Popped(1)[0];

    private object? Top() => _stack.Count > Floor ? _stack[^1] : throw source.Invalid(_offset, "an opcode that finds nothing on the stack");

    private int Floor => _marks.Count > 0 ? _marks[^1] : 0;

    private object?[] Popped(int count)
    {
        if (_stack.Count - count < Floor) throw source.Invalid(_offset, "an opcode that finds too little on the stack");
        object?[] values = new object?[count];
        _stack.CopyTo(_stack.Count - count, values, 0, count);
        _stack.RemoveRange(_stack.Count - count, count);
        return values;
    }

    private object?[] PopToMark()
    {
        if (_marks.Count == 0) throw source.Invalid(_offset, "an opcode that finds no mark on the stack");
        object?[] values = Popped(_stack.Count - _marks[^1]);
        _marks.RemoveAt(_marks.Count - 1);
        return values;
    }

    private object? Remembered(ulong index) => _memo.TryGetValue(index, out object? value) ? value : throw source.Invalid(_offset, $"entry {index} of the memo, which is not set");
}
