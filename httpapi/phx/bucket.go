package phx

import "time"

// bucket measures what a client sends against a rate. It begins with the whole burst, and is the reader's alone.
type bucket struct {
	spent   float64       // of the burst
	counted time.Duration // when spent was right
}

// take tells whether n more are within rate a second and burst at once, and counts them if so. A negative rate is
// unbounded.
func (b *bucket) take(n int, rate float64, burst int, now time.Duration) bool {
	if rate < 0 {
		return true
	}
	b.spent = max(0, b.spent-(now-b.counted).Seconds()*rate)
	b.counted = now
	if b.spent+float64(n) > float64(burst) {
		return false
	}
	b.spent += float64(n)
	return true
}
