// The journal rule in Go, as a program of one file: which records of a recorded log count.
//
//	go run reader.go FILE     prints partition, offset and seq of each effective record but claims
//
// FILE has one line a record: partition, offset, header `j` in hexadecimal digits and, where it is known, the value
// in hexadecimal digits, separated by spaces.
// To use the rule in a program of your own, copy Header, Cursor and Rule; docs/readers/README.md shows how.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
)

const (
	version                             = 1
	claim, decision, facts, event, skip = 1, 2, 3, 4, 5
	// Of the bodies, as claims name it; a claim that names none means 1.
	schemaVersion = 1
)

var errVersion = errors.New("a record of another version: stop, and update this program")

// Header is the header `j` of a record. Of a claim, Seq is the epoch before it.
type Header struct {
	Kind        uint8
	Epoch       uint64
	Owner       [16]byte
	Seq         uint64
	Input       uint8
	First, Last uint64
	Digest      [8]byte
}

// Decode reads the layout, big-endian: the version in one byte, then the fields of Header as they stand there.
func Decode(b []byte) (h Header, err error) {
	if len(b) != 1+binary.Size(h) || b[0] != version || b[1] < claim || b[1] > skip {
		return h, errVersion
	}
	err = binary.Read(bytes.NewReader(b[1:]), binary.BigEndian, &h)
	return h, err
}

// Cursor is a position in a partition. All four parts belong together: never store the offset alone.
type Cursor struct {
	Offset uint64
	Epoch  uint64
	Owner  [16]byte
	Seq    uint64
}

// Rule is the rule, one value a partition; a stored cursor is where it goes on.
type Rule struct{ Cursor }

// Effective says whether a record counts. Call it once for each record, in the order of offsets.
func (r *Rule) Effective(offset uint64, j Header, value []byte) (bool, error) {
	if offset != r.Offset {
		return false, fmt.Errorf("at %d, needed %d", offset, r.Offset)
	}
	r.Offset = offset + 1
	if j.Kind == claim {
		won := j.Seq == r.Epoch && j.Epoch == j.Seq+1
		if won {
			if err := known(value); err != nil {
				return false, err
			}
			r.Epoch, r.Owner = j.Epoch, j.Owner
		}
		return won, nil
	}
	// Epoch 0: nobody has claimed the partition, and no owner is the owner of zeros.
	counts := r.Epoch > 0 && j.Epoch == r.Epoch && j.Owner == r.Owner && j.Seq == r.Seq+1
	if counts {
		r.Seq++
	}
	return counts, nil
}

// known says whether the bodies that follow a claim are, by the claim's own body; none: as far as anybody knows.
func known(body []byte) error {
	claimed := struct {
		SchemaVersion int `json:"schema_version"`
	}{1}
	if len(body) > 0 {
		if err := json.Unmarshal(body, &claimed); err != nil {
			return err
		}
	}
	if claimed.SchemaVersion > schemaVersion {
		return errVersion
	}
	return nil
}

func main() {
	file, err := os.Open(os.Args[1])
	check(err)
	rules := map[int]*Rule{}
	out := bufio.NewWriter(os.Stdout)
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var partition int
		var offset uint64
		var digits string
		_, err := fmt.Sscan(lines.Text(), &partition, &offset, &digits)
		check(err)
		raw, err := hex.DecodeString(digits)
		check(err)
		var value []byte
		if parts := strings.Fields(lines.Text()); len(parts) > 3 {
			value, err = hex.DecodeString(parts[3])
			check(err)
		}
		j, err := Decode(raw)
		check(err)
		if rules[partition] == nil {
			rules[partition] = &Rule{}
		}
		effective, err := rules[partition].Effective(offset, j, value)
		check(err)
		if effective && j.Kind != claim {
			fmt.Fprintln(out, partition, offset, j.Seq)
		}
	}
	check(lines.Err())
	check(out.Flush())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
