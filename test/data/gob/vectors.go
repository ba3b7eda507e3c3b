// Writes vectors.json: streams of Go's encoding/gob, one value each. `go run vectors.go > vectors.json` (Debian's Go 1.19).
package main

import (
	"bytes"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"time"
)

type Flag interface{}
type StringFlag struct{ Name, Usage, EnvVar, Value string }
type IntFlag struct {
	Name  string
	Value int
}
type RPCFlags struct{ Values map[string]interface{} }
type Inner struct {
	A int8
	B []float32
}
type Everything struct {
	Bool    bool
	Int     int64
	Uint    uint64
	Float   float64
	Complex complex128
	Bytes   []byte
	Text    string
	List    []string
	Array   [3]uint16
	Map     map[string]int
	Inner   Inner
	Pointer *Inner
	Any     interface{}
	Zero    int
	When    time.Time
	Tree    *Tree
}
type Tree struct {
	Label    string
	Children []*Tree
}

func stream(values ...interface{}) string {
	var buffer bytes.Buffer
	encoder := gob.NewEncoder(&buffer)
	for _, value := range values {
		if err := encoder.Encode(value); err != nil {
			panic(err)
		}
	}
	return hex.EncodeToString(buffer.Bytes())
}

func main() {
	gob.Register(new(StringFlag))
	gob.Register(new(IntFlag))
	gob.Register(new(RPCFlags))
	gob.Register([]string{})
	gob.Register(Inner{})
	gob.Register([]interface{}{})
	var flags interface{} = &RPCFlags{map[string]interface{}{"list": []string{"a", "b"}}}
	vectors := map[string]string{
		"bool":       stream(true, false),
		"int":        stream(0, -1, 63, -65, math.MaxInt64, math.MinInt64),
		"uint":       stream(uint(127), uint(128), uint64(math.MaxUint64)),
		"float":      stream(0.0, 17.0, -1.5, math.Inf(1), math.MaxFloat64, 5e-324),
		"bytes":      stream([]byte("{}")),
		"string":     stream("", "x", "gr\u00fc\u00df dich \U0001F433"),
		"empty":      stream(struct{}{}, struct{}{}),
		"slice":      stream([]string{"a", ""}, []string{}),
		"flags":      stream([]Flag{StringFlag{"url", "URL", "", "x"}, &IntFlag{"port", 22}, nil, StringFlag{Name: "two"}}),
		"argument":   stream(&flags),
		"everything": stream(Everything{true, -5, 7, 0.5, 1 + 2i, []byte{0, 255}, "t", []string{"l"}, [3]uint16{1, 0, 3}, map[string]int{"k": -9}, Inner{A: -1}, &Inner{B: []float32{1}}, Inner{A: 3}, 0, time.Unix(0, 0).UTC(), &Tree{"r", []*Tree{{"c", nil}}}}),
		"nested":     stream([]interface{}{[]interface{}{Inner{A: 1}, "deep"}, Inner{A: 2}}),
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	encoder.Encode(vectors)
}
