package rows

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/internal/callindex"
	"github.com/avanter/voki/storage/internal/kv"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// loadBatch is how many calls are decoded at a time.
const loadBatch = 1024

// load puts all calls of r into the index, which is empty and which nobody else has yet. One goroutine reads, others
// decode, and the caller's fills the index; none is left when it returns. A panic of one of them while it reads or
// decodes, as damaged pages cause, is an error.
func load(r kv.Reader, index *callindex.Index) error {
	decoders := runtime.GOMAXPROCS(0)
	most := 2*decoders + 1 // batches, which are used again and again; the channels have room for all
	free, read, batches := make(chan *batch, most), make(chan *batch, most), make(chan *batch, most)
	for range most {
		free <- &batch{decoded: make(chan struct{}, 1)}
	}
	var running sync.WaitGroup
	defer running.Wait()
	stop := make(chan struct{})
	defer close(stop)
	var scan error // read when batches is closed
	running.Go(func() {
		defer close(batches)
		defer close(read)
		scan = kv.Guard(func() error {
			scanCalls(r, free, stop, func(b *batch) {
				read <- b
				batches <- b
			})
			return r.Err()
		})
	})
	for range decoders {
		running.Go(func() {
			for b := range read {
				b.decode()
			}
		})
	}
	loader := callindex.NewLoader(index)
	for b := range batches { // in the order of the keys
		<-b.decoded
		if b.err != nil {
			return b.err
		}
		for i := range b.calls {
			loader.Add(&b.calls[i])
		}
		free <- b
	}
	if scan != nil {
		return scan
	}
	loader.Done()
	return nil
}

// batch is some of the calls, whose keys and rows are only good inside the transaction.
type batch struct {
	keys, rows [][]byte
	decoded    chan struct{} // sent to when calls or err are set
	copied     []byte        // all keys and rows, one behind the other
	calls      []call.Call
	err        error
}

// scanCalls does with the calls of r, in batches that are free, what is to be done with them.
func scanCalls(r kv.Reader, free <-chan *batch, stop <-chan struct{}, do func(*batch)) {
	var b *batch
	first := keyOf(tableCall)
	for k, row := range r.Ascend(first, first.next()) {
		if b == nil {
			select {
			case b = <-free:
				b.keys, b.rows = b.keys[:0], b.rows[:0]
			case <-stop:
				return
			}
		}
		if b.keys, b.rows = append(b.keys, k), append(b.rows, row); len(b.keys) == loadBatch {
			do(b)
			b = nil
		}
	}
	if b != nil {
		do(b)
	}
}

func (b *batch) decode() {
	b.err = kv.Guard(b.decodeAll)
	b.decoded <- struct{}{}
}

// decodeAll decodes calls whose texts are parts of one, which is a copy of all keys and rows.
func (b *batch) decodeAll() error {
	b.copied, b.calls = b.copied[:0], b.calls[:0]
	for i, k := range b.keys {
		b.copied = append(append(b.copied, k...), b.rows[i]...)
	}
	text, rest := string(b.copied), b.copied
	for i, k := range b.keys {
		tenant, id, err := callKey(text[:len(k)])
		if err != nil {
			return err
		}
		text, rest = text[len(k):], rest[len(k):]
		size := len(b.rows[i])
		b.calls = append(b.calls, call.Call{Tenant: tenant, ID: id})
		r := rowcodec.NewTextReader(rest[:size], text[:size])
		if decodeCallInto(r, &b.calls[i]); r.Err() != nil {
			return fmt.Errorf("row %s: %w", key(k).name(), r.Err())
		}
		text, rest = text[size:], rest[size:]
	}
	return nil
}
