package rows

import (
	"runtime"
	"sync"

	"github.com/avanter/voki/storage/internal/callindex"
	"github.com/avanter/voki/storage/internal/kv"
)

// loadBatch is how many calls are decoded at a time.
const loadBatch = 1024

// load puts all calls of r into the index, which is empty and which nobody else has yet. One goroutine reads, others decode, and the
// caller's fills the index; none is left when it returns. A panic of one of them, as damaged pages cause, is an error.
func load(r kv.Reader, index *callindex.Index) error {
	var running sync.WaitGroup
	defer running.Wait()
	stop := make(chan struct{})
	defer close(stop)
	batches := make(chan *batch, runtime.GOMAXPROCS(0)) // in the order of the keys
	var scan error                                      // read when batches is closed
	running.Go(func() {
		defer close(batches)
		scan = kv.Guard(func() error {
			for b := range scanCalls(r) {
				running.Go(b.decode)
				select {
				case batches <- b:
				case <-stop:
					return nil
				}
			}
			return r.Err()
		})
	})
	loader := callindex.NewLoader(index)
	for b := range batches {
		<-b.decoded
		if b.err != nil {
			return b.err
		}
		for _, c := range b.calls {
			loader.Add(c.tenant, c.entry)
		}
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
	decoded    chan struct{} // closed when calls or err are set
	calls      []changedCall
	err        error
}

func newBatch() *batch { return &batch{decoded: make(chan struct{})} }

// scanCalls yields the calls of r in batches.
func scanCalls(r kv.Reader) func(yield func(*batch) bool) {
	return func(yield func(*batch) bool) {
		first, b := keyOf(tableCall), newBatch()
		for k, row := range r.Ascend(first, first.next()) {
			b.keys, b.rows = append(b.keys, k), append(b.rows, row)
			if len(b.keys) < loadBatch {
				continue
			}
			if !yield(b) {
				return
			}
			b = newBatch()
		}
		if len(b.keys) > 0 {
			yield(b)
		}
	}
}

func (b *batch) decode() {
	defer close(b.decoded)
	b.err = kv.Guard(b.decodeAll)
}

func (b *batch) decodeAll() error {
	b.calls = make([]changedCall, 0, len(b.keys))
	for i, k := range b.keys {
		p, err := parse(k)
		if err != nil {
			return err
		}
		c, err := decodeRow(k, b.rows[i], decodeCall)
		if err != nil {
			return err
		}
		c.Tenant, c.ID = p.texts[0], p.texts[1]
		b.calls = append(b.calls, changedCall{tenant: c.Tenant, entry: callindex.NewEntry(c)})
	}
	return nil
}
