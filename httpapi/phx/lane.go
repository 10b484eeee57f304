package phx

// lane is where the handler is called for one topic of one socket, by a worker that it has while there are tasks. It
// outlives a channel that is replaced by the next join of the topic, which comes before the end of the first.
type lane struct {
	s       *Socket
	topic   string
	current *Channel // the join that messages of the topic belong to, until it is refused or has ended
	parting *Channel // its phx_close is to follow the replies that are due
	tasks   []task
	running bool
}

type taskKind int

const (
	taskJoin taskKind = iota
	taskPush
	taskEnd
)

// task is a call of the handler, with what the protocol has to say around it.
type task struct {
	kind    taskKind
	channel *Channel
	message Message
	reason  Reason // of an end
}

// take queues something that the client wants of a handler, or closes the socket if too much is waiting. s.mu is held.
func (s *Socket) take(l *lane, t task) {
	if !s.pending.add(len(t.message.Payload), s.hub.o.InboxMessages, s.hub.o.InboxBytes) {
		s.shut(TooManyMessages, Disconnected)
		return
	}
	t.message.keep()
	s.queueTask(l, t)
}

// retire queues the end of a channel, once. It always finds room. s.mu is held.
func (s *Socket) retire(c *Channel, end task) {
	if !c.ending {
		c.ending = true
		s.queueTask(c.lane, end)
	}
}

func (s *Socket) queueTask(l *lane, t task) {
	l.tasks = append(l.tasks, t)
	if !l.running {
		l.start()
	}
}

// start calls the handler in a goroutine. s.mu is held.
func (l *lane) start() {
	l.running = true
	l.s.hub.employ(l)
}

// work calls the handler for what there is to do.
func (l *lane) work() {
	s := l.s
	for {
		s.mu.Lock()
		tasks := l.tasks
		l.tasks = nil
		if len(tasks) == 0 {
			l.rest()
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		for i := range tasks {
			t := &tasks[i]
			switch t.kind {
			case taskJoin:
				t.channel.runJoin(&t.message)
			case taskPush:
				t.channel.runPush(&t.message)
			case taskEnd:
				t.channel.runEnd(t.reason, &t.message)
			}
			if t.kind != taskEnd {
				s.mu.Lock()
				s.pending.remove(len(t.message.Payload))
				s.mu.Unlock()
			}
		}
	}
}

// rest ends that the handler is called for the lane. s.mu is held.
func (l *lane) rest() {
	l.running = false
	if l.current == nil {
		l.s.removeLane(l)
	}
}

func (s *Socket) removeLane(l *lane) {
	for i, other := range s.lanes {
		if other == l {
			last := len(s.lanes) - 1
			s.lanes[i], s.lanes[last] = s.lanes[last], nil
			s.lanes = s.lanes[:last]
			return
		}
	}
}
