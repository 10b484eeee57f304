package main

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// pace is how fast something was done.
type pace struct {
	Count     int
	PerSecond float64
	P50, P99  time.Duration // from asking to having been answered
}

// hammer lets so many workers do op again and again for a time, each at least so often. The number it gives to op is
// of all workers and rises from 0. The first error ends it.
func hammer(workers int, d time.Duration, least int, op func(worker, n int) error) (pace, error) {
	var (
		all    sync.WaitGroup
		mu     sync.Mutex
		took   []time.Duration
		failed error
		stop   atomic.Bool
		next   atomic.Int64
	)
	begin := time.Now()
	for w := range workers {
		all.Go(func() {
			var own []time.Duration
			var err error
			last := time.Now()
			for (len(own) < least || last.Sub(begin) < d) && !stop.Load() {
				if err = op(w, int(next.Add(1)-1)); err != nil {
					stop.Store(true)
					break
				}
				now := time.Now()
				own = append(own, now.Sub(last))
				last = now
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, own...)
			if failed == nil {
				failed = err
			}
		})
	}
	all.Wait()
	elapsed := time.Since(begin)
	if failed != nil {
		return pace{}, failed
	}
	slices.Sort(took)
	return pace{
		Count:     len(took),
		PerSecond: float64(len(took)) / elapsed.Seconds(),
		P50:       took[len(took)/2],
		P99:       took[len(took)*99/100],
	}, nil
}
