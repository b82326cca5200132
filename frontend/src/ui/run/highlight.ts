/** Marks the found words in what is drawn, whatever drew it, without touching the page's elements. */

const NAME = 'found';

/** An attachment: every occurrence of `query` beneath the element stands in the highlight `found`, as rows come and go. */
export function highlight(query: string): (element: HTMLElement) => () => void {
  return (element) => {
    if (!('highlights' in CSS) || query.trim() === '') return () => undefined;
    const draw = () => CSS.highlights.set(NAME, new Highlight(...rangesOf(element, query.trim().toLowerCase())));
    let waiting = 0;
    const observer = new MutationObserver(() => {
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(draw);
    });
    observer.observe(element, { childList: true, subtree: true, characterData: true });
    draw();
    return () => {
      observer.disconnect();
      cancelAnimationFrame(waiting);
      CSS.highlights.delete(NAME);
    };
  };
}

function rangesOf(element: HTMLElement, wanted: string): Range[] {
  const ranges: Range[] = [];
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const text = node.nodeValue?.toLowerCase() ?? '';
    for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) {
      const range = new Range();
      range.setStart(node, at);
      range.setEnd(node, at + wanted.length);
      ranges.push(range);
    }
  }
  return ranges;
}
