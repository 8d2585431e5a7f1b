import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

const nearEndPx = 140;
const answerMarginPx = 16;

interface Content {
  /** Key of the first exchange shown. */
  first: string | undefined;
  length: number;
  /** Messages on their way. */
  waiting: number;
  /** Whether the last exchange has its answer. */
  isAnswered: boolean;
}

/**
 * Keeps the end in view while the reader is there, and leaves a reader who scrolled up in peace: also when older messages come in above, or
 * another device asks something. What the reader asks himself is brought into view. A conversation that is opened begins with its last question.
 */
export function useFollowing(key: string, content: Content) {
  const scroller = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const before = useRef<Content & { key: string; fromEnd: number }>({ key: "", first: undefined, length: 0, waiting: 0, isAnswered: false, fromEnd: 0 });
  const [isAway, setIsAway] = useState(false);

  const toEnd = useCallback(() => {
    following.current = true;
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, []);

  /** An answer comes whole and is read from its beginning, so that is what is brought into view of who waited for it. */
  const bringUp = useCallback((exchange: HTMLElement) => {
    if (!following.current) return;
    following.current = false;
    scroller.current?.scrollTo({ top: exchange.offsetTop - answerMarginPx });
  }, []);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let seen = "";
    const look = () => {
      const left = element.scrollHeight - element.scrollTop - element.clientHeight;
      const size = `${element.scrollHeight} ${element.clientHeight}`;
      // What moved because its content did has not been moved by the reader.
      if (size === seen) following.current = left < nearEndPx;
      seen = size;
      before.current.fromEnd = element.scrollHeight - element.scrollTop;
      setIsAway(left >= nearEndPx);
    };
    const onResize = () => {
      // Once it is answered, what grows was opened by the reader, who wants to see its beginning.
      if (following.current && !before.current.isAnswered) element.scrollTo({ top: element.scrollHeight });
      look();
    };
    element.addEventListener("scroll", look, { passive: true });
    const observer = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(onResize);
    observer?.observe(element);
    if (element.firstElementChild) observer?.observe(element.firstElementChild);
    return () => {
      element.removeEventListener("scroll", look);
      observer?.disconnect();
    };
  }, [key, scroller.current]);

  useLayoutEffect(() => {
    const element = scroller.current;
    const last = before.current;
    const isOpened = last.key !== key || last.length + last.waiting === 0;
    before.current = { ...content, key, fromEnd: last.fromEnd };
    if (!element) return;
    if (isOpened && content.isAnswered) {
      const exchange = [...element.querySelectorAll<HTMLElement>(".exchange")].at(-1);
      following.current = false;
      element.scrollTo({ top: (exchange?.offsetTop ?? 0) - answerMarginPx });
    } else if (isOpened || content.waiting > last.waiting) {
      toEnd();
    } else if (content.length > last.length && content.first !== last.first) {
      element.scrollTo({ top: element.scrollHeight - last.fromEnd });
    } else if (following.current) {
      toEnd();
    }
  }, [key, content.first, content.length, content.waiting, content.isAnswered]);

  return { scroller, isAway, toEnd, bringUp };
}
