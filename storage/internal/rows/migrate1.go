package rows

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/avanter/voki/storage/internal/kv"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// dueByTarget brings rows from version 1 to 2: what is due is found by target, and jobs by their call. In version 1 all
// jobs with a due time stood in one table by time, 0x15, and those of a call were not found by it.
func dueByTarget(w kv.Writer) error {
	for k := range w.Ascend([]byte{0x15}, []byte{0x16}) {
		w.Delete(k)
	}
	first := map[string]jobOfVersion1{} // by the queue, tenant and target as keys have them
	for k, row := range w.Ascend([]byte{0x14}, []byte{0x15}) {
		j, err := decodeJobOfVersion1(k, row)
		if err != nil {
			return err
		}
		if len(j.call) > 0 {
			w.Put(concat(0x1e, j.tenant, text(j.call), j.id), nil)
		}
		pending, running := string(j.state) == "pending", string(j.state) == "running"
		if j.due == nil || !pending && !running {
			continue
		}
		if running {
			w.Put(concat(0x1d, text(j.queue), j.due, j.tenant, j.id, text(j.target)), nil)
			continue
		}
		of := concat(0x1a, text(j.queue), j.tenant, text(j.target))
		w.Put(concat(of[0], of[1:], j.due, j.id), nil)
		if f, found := first[string(of)]; !found || bytes.Compare(concat(0, j.due, j.id), concat(0, f.due, f.id)) < 0 {
			first[string(of)] = j
		}
	}
	for of, j := range first {
		var row rowcodec.Writer
		row.Time(1, j.at)
		row.String(2, string(j.id[:len(j.id)-1]))
		w.Put(concat(0x1b, []byte(of[1:])), row.Data())
		w.Put(concat(0x1c, text(j.queue), j.due, j.tenant, j.id, text(j.target)), nil)
	}
	return nil
}

// jobOfVersion1 is what dueByTarget needs of a job. Tenant, id and due are as they are in keys; due is nil if the job has
// no due time.
type jobOfVersion1 struct {
	tenant, id, due            []byte
	at                         time.Time
	queue, call, target, state []byte
}

func decodeJobOfVersion1(k, row []byte) (j jobOfVersion1, err error) {
	end := bytes.IndexByte(k, 0) + 1
	if end < 2 || end == len(k) || k[len(k)-1] != 0 {
		return j, fmt.Errorf("key %q is no job's", k)
	}
	j.tenant, j.id = bytes.Clone(k[1:end]), bytes.Clone(k[end:])
	r := rowcodec.NewReader(row)
	for r.Next() {
		switch r.Field() {
		case 1:
			j.queue = r.Bytes()
		case 3:
			j.call = r.Bytes()
		case 5:
			j.target = r.Bytes()
		case 7:
			j.state = r.Bytes()
		case 9:
			j.at = r.Time()
			j.due = binary.BigEndian.AppendUint64(nil, uint64(j.at.UnixMicro())^1<<63)
		}
	}
	if r.Err() != nil {
		return j, fmt.Errorf("row %q: %w", k, r.Err())
	}
	return j, nil
}

// text is s as it is in a key.
func text(s []byte) []byte { return append(bytes.Clone(s), 0) }

// concat is a key of a table, of parts as they are in keys.
func concat(table byte, parts ...[]byte) []byte {
	return append([]byte{table}, bytes.Join(parts, nil)...)
}
