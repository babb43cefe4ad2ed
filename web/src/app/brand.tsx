/** The water wheel over its race. */
export function Brand({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="shrink-0">
      <rect width="32" height="32" rx="7" fill="var(--accent)" />
      <g fill="none" stroke="var(--on-accent)" strokeWidth="2.4" strokeLinecap="round">
        <circle cx="16" cy="13.5" r="6" />
        <path d="M16 4.5v18M7 13.5h18M9.6 7.1l12.8 12.8M22.4 7.1L9.6 19.9" />
        <path d="M4 26.5c3 0 3-1.8 6-1.8s3 1.8 6 1.8 3-1.8 6-1.8 3 1.8 6 1.8" />
      </g>
    </svg>
  );
}
