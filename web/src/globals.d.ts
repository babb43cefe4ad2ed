declare const __API_HASH__: string;
declare const __VERSION__: string;
